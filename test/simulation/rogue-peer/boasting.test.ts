import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { STALE_PATIENCE_MS } from '../../../peer/exchange/arrears.ts';
import type { Channel } from '../../../protocols/network.ts';
import { PIECE_BYTES, REPLICA_PROTOCOL } from '../../../protocols/replica/constants.ts';
import { encodeReplicaImage } from '../../../protocols/replica/image.ts';
import {
  encodeSourceMessage as encodeReplicaSourceMessage,
  type ReplicaHead,
  type SourceMessage as ReplicaSourceMessage,
} from '../../../protocols/replica/messages.ts';
import type { SourceMessage } from '../../../protocols/updates/messages.ts';
import { initialParameters } from '../../../src/models/initial-parameters.ts';
import { latticeUnit, toLattice } from '../../../src/sum/lattice.ts';
import type { OriginKey } from '../../../src/sum/origin.ts';
import { ReplicatedSum } from '../../../src/sum/replicated-sum.ts';
import { seededRandom } from '../../../src/support/random.ts';
import { type Rogue, sendSourceMessages } from '../../support/rogue.ts';
import { rogueOrigin } from './messages.ts';
import { type Behaviour, expectUnharmed, layout, manifest, PEERS, tellers } from './swarm.ts';

describe('a peer that says it holds what nobody else has, as one that trains', () => {
  const lacking: SourceMessage[] = [{ kind: 'too-far-behind', origin: rogueOrigin(), floor: 5 }, { kind: 'level' }];
  const serve = async (channel: Channel) => {
    await sendSourceMessages(channel, ...lacking);
    for await (const _ of channel.messages());
    await channel.close();
  };
  const training = { origin: rogueOrigin(), state: 'training', samples: 100 } as const;

  /** Answers each transfer with this head, and an image of the start of the run. */
  const offering = (rogue: Rogue, head: () => Pick<ReplicaHead, 'vector' | 'samples'>) => {
    const unit = latticeUnit(manifest.exchange.latticeBits);
    const start = toLattice(initialParameters(layout, seededRandom(manifest.seed).fork('start')), unit);
    const image = encodeReplicaImage(new ReplicatedSum(start.slice(), manifest.seed).image(), start);
    const imageHash = createHash('sha256').update(image).digest('hex');
    const say = (channel: Channel, message: ReplicaSourceMessage) =>
      channel.send(...encodeReplicaSourceMessage(message));
    rogue.network.handle(REPLICA_PROTOCOL, { maxMessageBytes: 2 ** 24 }, async (channel) => {
      const requests = channel.messages()[Symbol.asyncIterator]();
      await requests.next();
      await say(channel, { kind: 'head', head: { ...head(), imageBytes: image.length, imageHash } });
      const { done } = await requests.next();
      for (let at = 0; !done && at < image.length; at += PIECE_BYTES) {
        await say(channel, { kind: 'piece', bytes: image.subarray(at, at + PIECE_BYTES) });
      }
      await channel.close();
    });
  };

  test('and hands nothing over is waited for so long and no longer', async () => {
    const { reports } = await expectUnharmed({ serve, act: (rogue) => rogue.keepSaying(training) });
    for (const { blockedSeconds } of reports) {
      expect(blockedSeconds).toBeGreaterThan(STALE_PATIENCE_MS / 2_000);
      expect(blockedSeconds).toBeLessThan(STALE_PATIENCE_MS / 500);
    }
  });

  test('and has left is not waited for', async () => {
    const { reports } = await expectUnharmed({
      serve,
      act: async (rogue) => rogue.say({ ...training, state: 'finishing' }),
    });
    for (const { blockedSeconds } of reports) expect(blockedSeconds).toBeLessThan(STALE_PATIENCE_MS / 4_000);
  });

  test('and hands over an image that stands behind its head harms nobody', async () => {
    const act: Behaviour['act'] = async (rogue, published) => {
      const behind = [...published].map(([name, to]): [OriginKey, number] => [name, Math.max(0, to - 6)]);
      offering(rogue, () => ({ vector: [[rogueOrigin(), 10], ...behind], samples: [] }));
      await rogue.keepSaying(training);
    };
    const result = await expectUnharmed({ serve, act });
    expect(tellers(result, 'MESSAGE_INVALID')).toBe(PEERS);
    expect(result.events.filter(({ type }) => type === 'adopted')).toEqual([]);
  });

  test('and tells of peers that have trained without measure, and are in no replica, does not end the run', async () => {
    const act = async (rogue: Rogue) => {
      const samples = ['ghost-1', 'ghost-2'].map((name): [string, number] => [name, 2 ** 40]);
      offering(rogue, () => ({ vector: [[rogueOrigin(), 10]], samples }));
      await rogue.keepSaying(training);
    };
    await expectUnharmed({ serve, act });
  });
});
