import { describe, expect, test } from 'vitest';
import type { Network } from '../../../protocols/network.ts';
import {
  STATUS_EGRESS_SHARE,
  STATUS_GATHER_MS,
  STATUS_INTERVAL_MS_PER_PEER,
  STATUS_MAX_INTERVAL_MS,
  STATUS_MIN_INTERVAL_MS,
  STATUS_OVERHEAD_BYTES,
  STATUS_RATE,
  STATUS_WIDE_INTERVAL_MS,
  STRANGERS_STATUS_RATE,
} from '../../../protocols/status/constants.ts';
import { encodeStatus, type Status } from '../../../protocols/status/messages.ts';
import { StatusBoard } from '../../../protocols/status/status-board.ts';
import { SimulatedWorld } from '../../support/simulated-world.ts';
import { statusOf } from '../../support/status.ts';

interface Posted {
  readonly network: Network;
  readonly board: StatusBoard;
  readonly received: { from: string; status: Status; atMs: number }[];
  readonly invalid: string[];
}

async function post(
  world: SimulatedWorld,
  name: string,
  compose = () => statusOf(name),
  knows = true,
  peers = 2,
): Promise<Posted> {
  const received: Posted['received'] = [];
  const invalid: string[] = [];
  let board!: StatusBoard;
  const network = await world.start(name, (network) => {
    board = new StatusBoard(
      { network, clock: world.clock },
      {
        topic: 'statuses',
        compose,
        peers: () => peers,
        knows: () => knows,
        receive: (from, status) => received.push({ from, status, atMs: world.clock.nowMs() }),
        onInvalid: (from, problem) => invalid.push(`${from}: ${problem}`),
      },
    );
  });
  return { network, board, received, invalid };
}

/** The boards of two peers that are connected. */
async function pair(world: SimulatedWorld): Promise<[Posted, Posted]> {
  const [a, b] = [await post(world, 'a'), await post(world, 'b')];
  await a.network.dial(b.network.addresses[0]!);
  return [a, b];
}

describe('a status board', () => {
  test('brings statuses to the others, at once and then every STATUS_MIN_INTERVAL_MS at the soonest', () => {
    const world = new SimulatedWorld();
    return world.run(async () => {
      const [a, b] = await pair(world);
      // Traffic beside which statuses cost nothing.
      b.network.handle('/bulk', { maxMessageBytes: 2 ** 30 }, () => {});
      const bulk = await a.network.open('b', '/bulk', { maxMessageBytes: 1 });
      a.board.start();
      void bulk.send(new Uint8Array(2 ** 24)).catch(() => {});
      await world.pass(10.5 * STATUS_MIN_INTERVAL_MS);
      expect(b.received.length).toBe(11);
      expect(b.received[0]).toMatchObject({ from: 'a', status: statusOf('a') });
      const gaps = b.received.slice(1).map(({ atMs }, i) => atMs - b.received[i]!.atMs);
      for (const gap of gaps) expect(gap).toBeCloseTo(STATUS_MIN_INTERVAL_MS, 0);
      expect(a.received).toEqual([]);
    });
  });

  test.each([
    ['a member', true, STATUS_RATE],
    ['strangers together', false, STRANGERS_STATUS_RATE],
  ])('of %s are read at a bounded rate, and the rest is dropped unread', (_who, knows, { burst, perSecond }) => {
    const world = new SimulatedWorld();
    return world.run(async () => {
      const a = await world.start('a');
      const b = await post(world, 'b', () => statusOf('b'), knows);
      await a.dial(b.network.addresses[0]!);
      const flood = (count: number) => {
        for (let n = 0; n < count; n++) a.publish('statuses', encodeStatus({ ...statusOf('a'), samples: n }));
      };
      flood(2 * burst);
      await world.pass(20);
      expect(b.received).toHaveLength(burst);
      await world.pass(980);
      flood(2 * burst);
      await world.pass(20);
      expect(b.received.length).toBeCloseTo(burst + perSecond, -1);
      expect(b.invalid).toEqual([]);
    });
  });

  test('grows its interval up to STATUS_MAX_INTERVAL_MS where statuses are all there is', () => {
    const world = new SimulatedWorld();
    return world.run(async () => {
      const [a, b] = await pair(world);
      a.board.start();
      await world.pass(20 * STATUS_MAX_INTERVAL_MS);
      const gaps = b.received.slice(1).map(({ atMs }, i) => atMs - b.received[i]!.atMs);
      expect(gaps.at(-1)).toBeCloseTo(STATUS_MAX_INTERVAL_MS, 0);
      expect(b.received.length).toBeLessThan(25);
    });
  });

  test.each([
    [64, STATUS_MAX_INTERVAL_MS],
    [500, 500 * STATUS_INTERVAL_MS_PER_PEER],
    [1000, STATUS_WIDE_INTERVAL_MS],
  ])('of %d peers, few of whom are connected, up to %d ms', (peers, intervalMs) => {
    const world = new SimulatedWorld();
    return world.run(async () => {
      const [a, b] = [await post(world, 'a', undefined, true, peers), await post(world, 'b')];
      await a.network.dial(b.network.addresses[0]!);
      a.board.start();
      await world.pass(10 * STATUS_WIDE_INTERVAL_MS);
      const gaps = b.received.slice(1).map(({ atMs }, i) => atMs - b.received[i]!.atMs);
      expect(gaps.at(-1)).toBeCloseTo(intervalMs, 0);
    });
  });

  test('keeps statuses within STATUS_EGRESS_SHARE of the egress, STATUS_OVERHEAD_BYTES included', () => {
    const world = new SimulatedWorld();
    return world.run(async () => {
      const [a, b] = await pair(world);
      b.network.handle('/bulk', { maxMessageBytes: 2 ** 20 }, (channel) => {
        void (async () => {
          for await (const _message of channel.messages());
        })();
      });
      const bulk = await a.network.open('b', '/bulk', { maxMessageBytes: 1 });
      a.board.start();
      // 20 kB a second: a share of a hundredth pays for less than one status of some 400 bytes, to two peers, in 4 s.
      for (let second = 0; second < 200; second++) {
        await bulk.send(new Uint8Array(20_000));
        await world.pass(1000);
      }
      const cost = b.received.length * (encodeStatus(statusOf('a')).length + STATUS_OVERHEAD_BYTES) * 2;
      expect(cost / a.network.traffic().bytesSent).toBeLessThan(1.1 * STATUS_EGRESS_SHARE);
      expect(cost / a.network.traffic().bytesSent).toBeGreaterThan(0.5 * STATUS_EGRESS_SHARE);
    });
  });

  test('gathers what is announced within STATUS_GATHER_MS into one', () => {
    const world = new SimulatedWorld();
    return world.run(async () => {
      const [a, b] = await pair(world);
      a.board.start();
      await world.pass(100);
      for (let n = 0; n < 5; n++) {
        a.board.announce();
        await world.pass(STATUS_GATHER_MS / 10);
      }
      await world.pass(100);
      expect(b.received).toHaveLength(2);
      a.board.announce();
      await world.pass(100);
      expect(b.received).toHaveLength(3);
    });
  });

  test('sends also while announcements never cease', () => {
    const world = new SimulatedWorld();
    return world.run(async () => {
      const [a, b] = await pair(world);
      for (let n = 0; n < 20; n++) {
        a.board.announce();
        await world.pass(STATUS_GATHER_MS / 2);
      }
      expect(b.received.length).toBeGreaterThanOrEqual(8);
      expect(b.received.length).toBeLessThanOrEqual(10);
    });
  });

  test('says one last word when it stops, and no more', () => {
    const world = new SimulatedWorld();
    return world.run(async () => {
      const [a, b] = await pair(world);
      a.board.start();
      a.board.announce();
      a.board.stop();
      a.board.stop();
      a.board.announce();
      await world.pass(10 * STATUS_MAX_INTERVAL_MS);
      expect(b.received).toHaveLength(2);
    });
  });

  test('takes all that a peer says for its own, and drops what makes no sense', () => {
    const world = new SimulatedWorld();
    return world.run(async () => {
      const [a, b] = await pair(world);
      a.network.publish('statuses', encodeStatus(statusOf('c')));
      a.network.publish('statuses', Uint8Array.of(0xc1));
      a.network.publish('statuses', encodeStatus(statusOf('a')));
      await world.pass(100);
      expect(b.received.map(({ status }) => status)).toEqual([statusOf('a'), statusOf('a')]);
      expect(b.invalid).toEqual([expect.stringMatching(/^a: status: body/)]);
    });
  });
});
