import { expect, it } from 'vitest';
import type { Channel } from '../../../protocols/network.ts';
import { sleep } from '../../../src/support/clock.ts';
import { collect, describeNetworks, OPTIONS, PROTOCOL } from './contract.ts';

describeNetworks('back-pressure', ({ channel, start, until, world }) => {
  it('holds a sender back whose reader does not read, and nobody else', () =>
    world.run(async () => {
      const served: Channel[] = [];
      const server = await start((network) => network.handle(PROTOCOL, OPTIONS, (channel) => served.push(channel)));
      const client = await start();
      await client.dial(server.addresses[0]!);
      const stalled = await client.open(server.self, PROTOCOL, OPTIONS);
      await until(() => served.length === 1);
      const MESSAGES = 512;
      let sent = 0;
      const sending = (async () => {
        for (; sent < MESSAGES; sent++) await stalled.send(new Uint8Array(65_536));
        await stalled.close();
      })();
      let before = -1;
      while (before !== sent) {
        before = sent;
        await sleep(world.clock, 300);
      }
      expect(sent).toBeGreaterThan(1);
      expect(sent * 65_536).toBeLessThan(8 * 2 ** 20);

      const lively = await client.open(server.self, PROTOCOL, OPTIONS);
      await until(() => served.length === 2);
      const reading = collect(served[1]!);
      for (let index = 0; index < 40; index++) await lively.send(new Uint8Array(65_536));
      await lively.close();
      expect(await reading).toHaveLength(40);

      expect(await collect(served[0]!)).toHaveLength(MESSAGES);
      await sending;
    }));

  it('survives a slow reader of many small messages', () =>
    world.run(async () => {
      const [client, server] = await channel();
      const COUNT = 30_000;
      const sending = (async () => {
        for (let index = 0; index < COUNT; index++) await client.send(new Uint8Array(100));
        await client.close();
      })();
      let received = 0;
      for await (const _message of server.messages()) {
        if (++received % 1000 === 0) await sleep(world.clock, 5);
      }
      expect(received).toBe(COUNT);
      await sending;
    }));
});
