import { expect, it } from 'vitest';
import { codeOf, collect, describeNetworks, OPTIONS, PROTOCOL } from './contract.ts';

describeNetworks('channels', ({ channel, start, world }) => {
  it('brings messages whole, in order and in both directions', () =>
    world.run(async () => {
      const ends = await channel();
      const sizes = [0, 1, 127, 128, 0, 16_383, 16_384, 65_535, 300_000, 2 ** 20, 5];
      const sent = sizes.map((size, index) => Uint8Array.from({ length: size }, (_, at) => (at * 31 + index) & 0xff));
      const exchanges = ends.map(async (end) => {
        const sending = (async () => {
          for (const message of sent) await end.send(message.slice());
          await end.close();
        })();
        const received = await collect(end);
        await sending;
        return received;
      });
      for (const received of await Promise.all(exchanges)) {
        expect(received.map(({ byteLength }) => byteLength)).toEqual(sizes);
        for (const [index, message] of received.entries()) {
          expect(Buffer.compare(message, sent[index]!)).toBe(0);
          expect(message.buffer.byteLength).toBe(message.byteLength);
        }
      }
    }));

  it('keeps the order of sends that nobody awaits', () =>
    world.run(async () => {
      const [client, server] = await channel();
      const sends = Array.from({ length: 40 }, (_, index) => client.send(new Uint8Array(100_000).fill(index)));
      const received = await collect(server, 40);
      await Promise.all(sends);
      expect(received.map((message) => message[99_999])).toEqual(Array.from({ length: 40 }, (_, index) => index));
    }));

  it('refuses a message above the bound and aborts its channel', () =>
    world.run(async () => {
      const [client, server] = await channel({ maxMessageBytes: 1000 });
      await client.send(new Uint8Array(1000));
      const oversize = codeOf(client.send(new Uint8Array(1001)));
      const reader = server.messages()[Symbol.asyncIterator]();
      expect((await reader.next()).value.byteLength).toBe(1000);
      expect(await codeOf(reader.next())).toBe('MESSAGE_INVALID');
      expect(await codeOf(collect(client))).toBe('STREAM_CLOSED');
      expect(await codeOf(client.send(new Uint8Array(1)))).toBe('STREAM_CLOSED');
      expect(await codeOf(server.send(new Uint8Array(1)))).toBe('STREAM_CLOSED');
      await oversize;
    }));

  it('closes one direction after what was sent, the other stays open', () =>
    world.run(async () => {
      const [client, server] = await channel();
      const reading = collect(server);
      for (let index = 0; index < 20; index++) await client.send(new Uint8Array(50_000));
      await client.close();
      expect(await reading).toHaveLength(20);
      await server.send(Uint8Array.of(7));
      expect(await codeOf(client.send(new Uint8Array(1)))).toBe('STREAM_CLOSED');
      expect(await collect(client, 1)).toEqual([Uint8Array.of(7)]);
      await server.close();
      expect(await collect(client)).toEqual([]);
    }));

  it('ends both directions at once when aborted', () =>
    world.run(async () => {
      const [client, server] = await channel();
      const [here, there] = [codeOf(collect(client)), codeOf(collect(server))];
      client.abort();
      expect(await here).toBe('STREAM_CLOSED');
      expect(await there).toBe('STREAM_CLOSED');
      expect(await codeOf(client.send(new Uint8Array(1)))).toBe('STREAM_CLOSED');
      expect(await codeOf(server.send(new Uint8Array(1)))).toBe('STREAM_CLOSED');
    }));

  it('aborts a channel by the signal it was opened with', () =>
    world.run(async () => {
      const controller = new AbortController();
      const [client, server] = await channel(OPTIONS, { ...OPTIONS, signal: controller.signal });
      const there = codeOf(collect(server));
      controller.abort();
      expect(await there).toBe('STREAM_CLOSED');
      expect(await codeOf(client.send(new Uint8Array(1)))).toBe('STREAM_CLOSED');
    }));

  it('does not open an unknown protocol, nor a channel to a stranger', () =>
    world.run(async () => {
      const [server, client, stranger] = [await start(), await start(), await start()];
      await client.dial(server.addresses[0]!);
      expect(await codeOf(client.open(server.self, '/unknown', OPTIONS))).toBe('STREAM_CLOSED');
      expect(await codeOf(client.open(stranger.self, PROTOCOL, OPTIONS))).toBe('STREAM_CLOSED');
    }));

  it('opens many channels over one connection', () =>
    world.run(async () => {
      const server = await start((network) =>
        network.handle(PROTOCOL, OPTIONS, async (channel) => {
          for (const message of await collect(channel)) await channel.send(message);
          await channel.close();
        }),
      );
      const client = await start();
      await client.dial(server.addresses[0]!);
      const echoes = Array.from({ length: 60 }, async (_, index) => {
        const channel = await client.open(server.self, PROTOCOL, OPTIONS);
        await channel.send(new Uint8Array(1000).fill(index));
        await channel.close();
        return (await collect(channel)).map((message) => message[999]);
      });
      expect(await Promise.all(echoes)).toEqual(Array.from({ length: 60 }, (_, index) => [index]));
    }));
});
