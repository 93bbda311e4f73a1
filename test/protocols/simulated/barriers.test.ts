import { describe, expect, test } from 'vitest';
import { SILENT_CONNECTION_MS, SimulatedHub } from '../../../protocols/simulated/hub.ts';
import { DIAL_TIMEOUT_MS } from '../../../protocols/simulated/simulated-network.ts';
import { sleep } from '../../../src/support/clock.ts';
import { seededRandom } from '../../../src/support/random.ts';
import { VirtualClock } from '../../../src/support/virtual-clock.ts';
import { failureOf } from '../../support/failures.ts';
import { nextOf, simulatedPair } from '../../support/simulated-pair.ts';

function run(body: (hub: SimulatedHub, clock: VirtualClock) => Promise<void>, jitterMs = 0): Promise<void> {
  const clock = new VirtualClock();
  const hub = new SimulatedHub({ clock, random: seededRandom(1) }, { latencyMs: 50, jitterMs });
  return clock.run(body(hub, clock), 3_600_000);
}

describe('what is blocked one way', () => {
  test('waits, in its order, while the way back is open, and comes when nothing is blocked any more', () =>
    run(async (hub, clock) => {
      const { a, here, there } = await simulatedPair(hub);
      hub.block(['a'], ['b']);
      for (const byte of [1, 2, 3]) await here[0]!.send(Uint8Array.of(byte));
      await there[0]!.send(Uint8Array.of(9));
      expect(await nextOf(here[0]!)).toEqual(Uint8Array.of(9));
      const received: number[] = [];
      const reading = (async () => {
        for await (const [byte] of there[0]!.messages()) if (received.push(byte!) === 4) return;
      })();
      await sleep(clock, SILENT_CONNECTION_MS / 2);
      expect(received).toEqual([]);
      hub.block([], []);
      await here[0]!.send(Uint8Array.of(4));
      await reading;
      expect(received).toEqual([1, 2, 3, 4]);
      await sleep(clock, 2 * SILENT_CONNECTION_MS);
      expect([...a.connected]).toEqual(['b']);
    }));

  test('costs the connection in the end, at both ends, with all that waited', () =>
    run(async (hub, clock) => {
      const { a, b, here, there } = await simulatedPair(hub);
      hub.block(['a'], ['b']);
      await here[0]!.send(Uint8Array.of(1));
      const reading = failureOf(nextOf(there[0]!), 'STREAM_CLOSED');
      await sleep(clock, SILENT_CONNECTION_MS - 1);
      expect([a.connected.size, b.connected.size]).toEqual([1, 1]);
      await sleep(clock, 2);
      expect([a.connected.size, b.connected.size]).toEqual([0, 0]);
      await reading;
    }));

  test.each(['crash', 'disconnect'])('holds the news of a %s, which comes when nothing is blocked any more', (end) =>
    run(async (hub, clock) => {
      const { b, there } = await simulatedPair(hub);
      hub.block(['a'], ['b']);
      if (end === 'crash') hub.cut('a');
      else hub.disconnect('a', 'b');
      await sleep(clock, SILENT_CONNECTION_MS / 2);
      expect([...b.connected]).toEqual(['a']);
      const reading = failureOf(nextOf(there[0]!), 'STREAM_CLOSED');
      hub.block([], []);
      await reading;
      expect(b.connected.size).toBe(0);
    }),
  );

  test.each(['a', 'b'])('lets no connection be made, from %s either', (dialler) =>
    run(async (hub, clock) => {
      const [a, b] = [hub.network('a'), hub.network('b')];
      await a.start();
      await b.start();
      hub.block(['a'], ['b']);
      const [from, to] = dialler === 'a' ? [a, b] : [b, a];
      await failureOf(from.dial(to.addresses[0]!), 'JOIN_FAILED');
      expect(clock.nowMs()).toBe(DIAL_TIMEOUT_MS);
      expect([a.connected.size, b.connected.size]).toEqual([0, 0]);
      hub.block([], []);
      await from.dial(to.addresses[0]!);
      await sleep(clock, 100);
      expect([a.connected.size, b.connected.size]).toEqual([1, 1]);
    }),
  );
});

test('news of a lost connection, however late, does not end the next one', () =>
  run(async (hub, clock) => {
    const { a, b } = await simulatedPair(hub);
    for (let again = 0; again < 50; again++) {
      hub.disconnect('a', 'b');
      await a.dial('/simulated/b');
      await sleep(clock, 5_000);
      expect([[...a.connected], [...b.connected]]).toEqual([['b'], ['a']]);
    }
  }, 1_000));
