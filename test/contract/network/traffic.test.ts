import { expect, it } from 'vitest';
import type { Channel } from '../../../protocols/network.ts';
import { collect, describeNetworks } from './contract.ts';

describeNetworks('traffic', ({ channel, start, started, until, world }) => {
  it('counts traffic on both sides', () =>
    world.run(async () => {
      const [client, server] = await channel();
      const [receiver, sender] = [started[0]!, started[1]!];
      const before = [sender.traffic().bytesSent, receiver.traffic().bytesReceived];
      await client.send(new Uint8Array(100_000));
      await collect(server, 1);
      const grown = [sender.traffic().bytesSent - before[0]!, receiver.traffic().bytesReceived - before[1]!];
      for (const bytes of grown) {
        expect(bytes).toBeGreaterThanOrEqual(100_000);
        expect(bytes).toBeLessThan(102_000);
      }
    }));

  it('tells what the bytes sent were for', () =>
    world.run(async () => {
      const options = { maxMessageBytes: 10_000 };
      const served: Channel[] = [];
      const source = await start((network) => {
        network.handle('/murmuration/updates/2', options, (channel) => served.push(channel));
        network.subscribe('t', () => {});
      });
      let heard = 0;
      const receiver = await start((network) => network.subscribe('t', () => heard++));
      await receiver.dial(source.addresses[0]!);
      const asked = await receiver.open(source.self, '/murmuration/updates/2', options);
      await asked.send(new Uint8Array(100));
      await until(() => served.length === 1);
      await served[0]!.send(new Uint8Array(9000));
      await collect(asked, 1);
      source.publish('t', new Uint8Array(500));
      await until(() => heard === 1);

      const [ofSource, ofReceiver] = [source.traffic(), receiver.traffic()];
      const near = (bytes: number, least: number, most: number) => {
        expect(bytes).toBeGreaterThanOrEqual(least);
        expect(bytes).toBeLessThan(most);
      };
      near(ofSource.sentByKind.updates, 9000, 9010);
      expect(ofSource.sentByKind.credit).toBe(0);
      near(ofSource.sentByKind.status, 500, 1500);
      near(ofReceiver.sentByKind.credit, 100, 110);
      expect(ofReceiver.sentByKind.updates).toBe(0);
      for (const { bytesSent, sentByKind } of [ofSource, ofReceiver]) {
        expect(Object.values(sentByKind).reduce((sum, bytes) => sum + bytes)).toBe(bytesSent);
      }
    }));
});
