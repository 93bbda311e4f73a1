import { expect, it } from 'vitest';
import { codeOf, collect, describeNetworks } from './contract.ts';

describeNetworks('connections', ({ channel, start, started, until, world }) => {
  it('does nothing before start, and stops twice', () =>
    world.run(async () => {
      const network = await world.network();
      expect(network.addresses).toEqual([]);
      await network.start();
      expect(network.addresses).toHaveLength(1);
      expect(network.addresses[0]).toContain(network.self);
      await network.stop();
      await network.stop();
      expect(network.addresses).toEqual([]);
      const late = await start();
      const [address] = late.addresses;
      await late.stop();
      expect(await codeOf((await start()).dial(address!))).toBe('JOIN_FAILED');
    }));

  it('tells of the first connection to a peer and the loss of the last', () =>
    world.run(async () => {
      const events: string[] = [];
      const one = await start((network) =>
        network.onConnection((peer, connected) => events.push(`${peer === other.self} ${connected}`)),
      );
      const other = await start();
      expect(await one.dial(other.addresses[0]!)).toBe(other.self);
      expect(await one.dial(other.addresses[0]!)).toBe(other.self);
      await until(() => other.connected.size === 1);
      expect([...one.connected]).toEqual([other.self]);
      expect([...other.connected]).toEqual([one.self]);
      await other.stop();
      await until(() => one.connected.size === 0);
      expect(events).toEqual(['true true', 'true false']);
      expect(other.connected.size).toBe(0);
      expect(await codeOf(one.dial(other.self))).toBe('CONFIG_INVALID');
    }));

  it('ends the connections to a peer for both, and lets it come again', () =>
    world.run(async () => {
      const [client, server] = await channel();
      const [one, other] = [started[1]!, started[0]!];
      await until(() => one.connected.has(other.self) && other.connected.has(one.self));
      other.disconnect(one.self);
      await until(() => !one.connected.has(other.self) && !other.connected.has(one.self));
      expect(await codeOf(collect(client))).toBe('STREAM_CLOSED');
      expect(await codeOf(collect(server))).toBe('STREAM_CLOSED');
      await one.dial(other.addresses[0]!);
      await until(() => other.connected.has(one.self));
      // Of one that is not connected there is nothing to end.
      other.disconnect(one.self);
      other.disconnect(one.self);
    }));

  it('ends the channels of a peer that stops', () =>
    world.run(async () => {
      const [client, server] = await channel();
      const reading = codeOf(collect(client));
      await client.send(new Uint8Array(10));
      await started[0]!.stop();
      expect(['none', 'STREAM_CLOSED']).toContain(await reading);
      await until(() => started[1]!.connected.size === 0);
      expect(await codeOf(client.send(new Uint8Array(1)))).toBe('STREAM_CLOSED');
      expect(await codeOf(server.send(new Uint8Array(1)))).toBe('STREAM_CLOSED');
    }));
});
