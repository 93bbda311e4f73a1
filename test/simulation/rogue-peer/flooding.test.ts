import { describe, expect, test } from 'vitest';
import { HELLO_PROTOCOL } from '../../../protocols/hello/constants.ts';
import type { Channel } from '../../../protocols/network.ts';
import { denseFp32Code } from '../../../src/compression/dense-fp32.ts';
import { sleep } from '../../../src/support/clock.ts';
import { type Rogue, sendSourceMessages } from '../../support/rogue.ts';
import { named, rogueFrame, update } from './messages.ts';
import { expectUnharmed, layout, PEERS, ROUNDS, tellers } from './swarm.ts';

describe('a peer that floods', () => {
  test('with statuses, thousands a second, is read at a bounded rate', async () => {
    const act = async (rogue: Rogue) => {
      for (let samples = 0; ; samples += 20) {
        for (let n = 0; n < 20; n++) rogue.say({ samples: samples + n });
        await sleep(rogue.clock, 10);
      }
    };
    await expectUnharmed({ act });
  });

  test('with statuses that break their format is sent away', async () => {
    const act = async (rogue: Rogue) => {
      for (;;) {
        rogue.shout(Uint8Array.of(1, 2, 3));
        rogue.say({ origin: 'peer-0/0000000000000001', state: 'left' });
        await sleep(rogue.clock, 5);
      }
    };
    const result = await expectUnharmed({ act });
    expect(tellers(result, 'PEER_SHUNNED')).toBe(PEERS);
    expect(result.events.some((event) => event.type === 'member' && event.state === 'left')).toBe(true);
  });

  test('with subscriptions that it never reads gets so many and no more', async () => {
    const act = async (rogue: Rogue) => {
      for (let n = 0; n < 1000; n++) for (const peer of rogue.peers) void rogue.subscribe(peer).catch(() => {});
    };
    const result = await expectUnharmed({ act });
    expect(tellers(result, 'PEER_SHUNNED')).toBe(PEERS);
  });

  test('with hellos is answered a few', async () => {
    let answers = 0;
    const ask = async (channel: Channel) => {
      for await (const _ of channel.messages()) answers++;
    };
    const act = async (rogue: Rogue) => {
      for (let n = 0; n < 500; n++) {
        for (const peer of rogue.peers)
          void rogue
            .open(peer, HELLO_PROTOCOL)
            .then(ask, () => {})
            .catch(() => {});
      }
    };
    await expectUnharmed({ act });
    expect(answers).toBeLessThan(20 * PEERS);
    expect(answers).toBeGreaterThan(0);
  });

  test('with messages longer than any may be is cut off', async () => {
    const act = async (rogue: Rogue) => {
      for (;;) {
        for (const peer of rogue.peers) {
          const channel = await rogue.open(peer);
          await channel.send(new Uint8Array(2 ** 22));
        }
        await sleep(rogue.clock, 10);
      }
    };
    const result = await expectUnharmed({ act });
    expect(tellers(result, 'PEER_SHUNNED')).toBe(PEERS);
  });

  test('with updates beyond its window is cut off, and what it sent before is in the sum of all', async () => {
    const payload = new Uint8Array(4 * layout.size);
    const dense = { code: denseFp32Code.id, magnitudes: [], payload };
    const flood = Array.from({ length: 200 }, (_, n) => update(rogueFrame(n + 1, dense)));
    const serve = async (channel: Channel) => {
      await sendSourceMessages(channel, named);
      // Not waited for, one after the other: the channel takes no more long before the last.
      await Promise.all(flood.map((message) => sendSourceMessages(channel, message)));
    };
    const result = await expectUnharmed({ serve }, { leastRounds: ROUNDS / 2 });
    expect(tellers(result, 'MESSAGE_INVALID')).toBe(PEERS);
  });

  test('with connections, made and broken all the time, is sent away', async () => {
    const act = async ({ network, clock }: Rogue) => {
      for (;;) {
        for (let peer = 0; peer < PEERS; peer++) {
          network.disconnect(`peer-${peer}`);
          await sleep(clock, 15);
          await network.dial(`/simulated/peer-${peer}`);
        }
      }
    };
    const result = await expectUnharmed({ act });
    const changes = result.events.filter((event) => event.type === 'member' && event.peer === 'peer-0');
    expect(changes.length).toBeLessThan(60);
  });
});
