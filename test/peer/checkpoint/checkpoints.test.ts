import { expect, test } from 'vitest';
import { encodeCheckpoint } from '../../../peer/checkpoint/checkpoint.ts';
import { Checkpoints } from '../../../peer/checkpoint/checkpoints.ts';
import { Members } from '../../../peer/membership/members.ts';
import { Narrator } from '../../../peer/narrator.ts';
import { SwarmClock } from '../../../peer/progress/swarm-clock.ts';
import { Tally } from '../../../peer/progress/tally.ts';
import type { ReplicaHost, ReplicaInfo } from '../../../peer/replica/replica-host.ts';
import { MAX_INCARNATIONS } from '../../../protocols/updates/constants.ts';
import { sleep } from '../../../src/support/clock.ts';
import { VirtualClock } from '../../../src/support/virtual-clock.ts';

const SAVE_MS = 500;
const MANIFEST = '00'.repeat(32);

function checkpointsOf(clock: VirtualClock, kept: Uint8Array | null = null, vector: ReplicaInfo['vector'] = []) {
  const saved: number[] = [];
  const save = async () => {
    await sleep(clock, SAVE_MS);
    saved.push(clock.nowMs());
  };
  const checkpoints = new Checkpoints(
    {
      clock,
      replica: {
        start: async () => ({ backend: 'cpu', shardSamples: 1, vector }),
        checkpoint: async () => new Uint8Array(8),
      } as unknown as ReplicaHost,
      store: { place: 'a slow disk', load: async () => kept, save },
      swarm: new SwarmClock(new Members(clock, () => {}), null, 1_000),
      tally: new Tally(),
      narrator: new Narrator(clock, { self: 'a', emit: () => {} }),
    },
    { manifest: MANIFEST, peer: 'a', shard: 0, parameters: 2, everyMs: 1_000 },
  );
  return { checkpoints, saved };
}

test('a checkpoint is made where it is time, and written beside what follows; its end can be waited for', async () => {
  const clock = new VirtualClock();
  const { checkpoints, saved } = checkpointsOf(clock);
  await clock.run(
    (async () => {
      await checkpoints.keepUp();
      await checkpoints.written();
      expect(saved).toEqual([]);
      await sleep(clock, 1_000);
      await checkpoints.keepUp();
      expect(saved).toEqual([]);
      await checkpoints.written();
      expect(saved).toEqual([1_500]);
    })(),
  );
});

test('one that is asked for is made after the one under way, and written when it is answered', async () => {
  const clock = new VirtualClock();
  const { checkpoints, saved } = checkpointsOf(clock);
  await clock.run(
    (async () => {
      await sleep(clock, 1_000);
      await checkpoints.keepUp();
      await checkpoints.now();
      expect(saved).toEqual([1_500, 2_000]);
    })(),
  );
});

test('a name under which MAX_INCARNATIONS processes have published is not gone on with', async () => {
  const replica = new Uint8Array(8);
  const kept = encodeCheckpoint({ manifest: MANIFEST, shard: 0, rounds: 1, samples: 1, samplesOfOthers: [], replica });
  const vectorOf = (own: number) => [
    ['b/0000000000000000', 1] as const,
    ...Array.from({ length: own }, (_, n) => [`a/${String(n).padStart(16, '0')}`, 1] as const),
  ];
  const start = (own: number) => checkpointsOf(new VirtualClock(), kept, vectorOf(own)).checkpoints.startReplica();
  expect((await start(MAX_INCARNATIONS - 1)).vector).toHaveLength(MAX_INCARNATIONS);
  await expect(start(MAX_INCARNATIONS)).rejects.toMatchObject({
    failure: { code: 'STATE_UNUSABLE', path: 'a slow disk', problem: expect.stringContaining(`${MAX_INCARNATIONS}`) },
  });
});
