import { describe, expect, test } from 'vitest';
import type { Channel } from '../../../protocols/network.ts';
import { SimulatedHub } from '../../../protocols/simulated/hub.ts';
import type { LinkSettings, Links } from '../../../protocols/simulated/links.ts';
import { traceLine } from '../../../protocols/simulated/trace.ts';
import { sleep } from '../../../src/support/clock.ts';
import { seededRandom } from '../../../src/support/random.ts';
import { VirtualClock } from '../../../src/support/virtual-clock.ts';
import { nextOf, OPTIONS, PROTOCOL, simulatedPair } from '../../support/simulated-pair.ts';

function world(settings: LinkSettings | Links, seed = 1) {
  const clock = new VirtualClock();
  const lines: string[] = [];
  const trace = (peer: string, what: string) => void lines.push(traceLine(clock.nowMs(), peer, what));
  const hub = new SimulatedHub({ clock, random: seededRandom(seed), trace }, settings);
  return { clock, hub, lines };
}

/** When each of the messages came, by the first byte of each. */
async function arrivals(clock: VirtualClock, channels: readonly Channel[], count: number) {
  const seen: [number, number, number][] = [];
  const read = async (channel: Channel, index: number) => {
    for await (const message of channel.messages()) seen.push([index, message[0]!, clock.nowMs()]);
  };
  channels.forEach((channel, index) => void read(channel, index).catch(() => {}));
  while (seen.length < count) await sleep(clock, 1);
  return seen;
}

describe('the links of the simulated network', () => {
  test('have a latency of their own for each pair and way, and a rate for each peer', async () => {
    const links: Links = {
      lineOf: (peer) => ({ bytesPerSecond: peer === 'a' ? 1_000 : 100_000 }),
      pathOf: (from) => ({ latencyMs: from === 'a' ? 10 : 30 }),
    };
    const { clock, hub } = world(links);
    await clock.run(
      (async () => {
        const { here, there } = await simulatedPair(hub);
        const startMs = clock.nowMs();
        expect(startMs).toBe(80);
        await here[0]!.send(new Uint8Array(100));
        await nextOf(there[0]!);
        expect(clock.nowMs()).toBe(startMs + 100 + 10);
        await there[0]!.send(new Uint8Array(100));
        await nextOf(here[0]!);
        expect(clock.nowMs()).toBe(startMs + 110 + 1 + 30);
      })(),
    );
  });

  test('may change: tenfold bandwidth brings what is sent from then on in a tenth of the time', async () => {
    const { clock, hub } = world({ latencyMs: 0, bytesPerSecond: 1_000 });
    await clock.run(
      (async () => {
        const { here, there } = await simulatedPair(hub);
        await here[0]!.send(new Uint8Array(500));
        await nextOf(there[0]!);
        expect(clock.nowMs()).toBeCloseTo(500, 3);
        hub.relink({ latencyMs: 0, bytesPerSecond: 10_000 });
        await here[0]!.send(new Uint8Array(500));
        await nextOf(there[0]!);
        expect(clock.nowMs()).toBeCloseTo(550, 3);
      })(),
    );
  });

  test('end in a line that all who send to a peer share', async () => {
    const { clock, hub } = world({ latencyMs: 10, downBytesPerSecond: 1_000 });
    await clock.run(
      (async () => {
        const { b, here, there } = await simulatedPair(hub);
        const c = hub.network('c');
        await c.start();
        await c.dial('/simulated/b');
        const other = await c.open('b', PROTOCOL, OPTIONS);
        const startMs = clock.nowMs();
        await here[0]!.send(new Uint8Array(100));
        await other.send(new Uint8Array(100));
        const seen = await arrivals(clock, there, 2);
        // The second waits until the line is free.
        expect(seen.map(([index, , atMs]) => [index, Math.round(atMs - startMs)])).toEqual([
          [0, 110],
          [1, 210],
        ]);
        expect(b.traffic().bytesReceived).toBe(200);
      })(),
    );
  });

  test('let channels overtake each other, each in its own order, as the seed wants', async () => {
    const order = async (overtakingMs: number, seed: number) => {
      const { clock, hub } = world({ latencyMs: 1, overtakingMs }, seed);
      return clock.run(
        (async () => {
          const { here, there } = await simulatedPair(hub, 3);
          for (let count = 0; count < 60; count++) await here[count % 3]!.send(Uint8Array.of(count));
          return (await arrivals(clock, there, 60)).map(([index, count]) => [index, count]);
        })(),
      );
    };
    const straight = Array.from({ length: 60 }, (_, count) => [count % 3, count]);
    expect(await order(0, 1)).toEqual(straight);
    const mixed = await order(50, 1);
    expect(mixed).not.toEqual(straight);
    for (const index of [0, 1, 2]) {
      expect(mixed.filter(([each]) => each === index)).toEqual(straight.filter(([each]) => each === index));
    }
    expect(await order(50, 1)).toEqual(mixed);
    expect(await order(50, 2)).not.toEqual(mixed);
  });

  test('flip one byte of a message where they are told to, and leave the sender its own', async () => {
    const { clock, hub, lines } = world({ latencyMs: 1, corruption: 1 });
    await clock.run(
      (async () => {
        const { here, there } = await simulatedPair(hub);
        const message = new Uint8Array(100).fill(7);
        await here[0]!.send(message);
        const received = await nextOf(there[0]!);
        expect(received.filter((byte) => byte !== 7)).toHaveLength(1);
        expect(message.every((byte) => byte === 7)).toBe(true);
        expect(lines.filter((line) => line.endsWith('a byte wrong'))).toHaveLength(1);
      })(),
    );
  });

  test('lose connections by and by, at moments that the seed tells, until they are told to hold', async () => {
    const ends = async (seed: number) => {
      const { clock, hub } = world({ latencyMs: 1, connectionMs: 10_000 }, seed);
      const times: number[] = [];
      await clock.run(
        (async () => {
          const { a } = await simulatedPair(hub);
          a.onConnection((peer, connected) => {
            if (connected) return;
            times.push(clock.nowMs());
            void a.dial(`/simulated/${peer}`);
          });
          await sleep(clock, 200_000);
          hub.relink({ latencyMs: 1 });
          const before = times.length;
          await sleep(clock, 200_000);
          expect(times).toHaveLength(before);
        })(),
      );
      return times;
    };
    const first = await ends(1);
    expect(first.length).toBeGreaterThan(8);
    expect(first.length).toBeLessThan(40);
    expect(await ends(1)).toEqual(first);
    expect(await ends(2)).not.toEqual(first);
  });
});

test('a trace tells connections, channels and messages, a line each', async () => {
  const { clock, hub, lines } = world({ latencyMs: 10 });
  await clock.run(
    (async () => {
      const { here } = await simulatedPair(hub);
      await here[0]!.send(new Uint8Array(5));
      hub.disconnect('a', 'b');
      await sleep(clock, 100);
    })(),
  );
  expect(lines).toEqual([
    '    0.010000 s  b         is connected to a',
    '    0.020000 s  a         is connected to b',
    '    0.020000 s  a         opens /test/1 to b',
    '    0.040000 s  a         sends 5 B of /test/1 to b',
    '    0.040000 s  a         is no longer connected to b',
    '    0.050000 s  b         is no longer connected to a',
  ]);
});
