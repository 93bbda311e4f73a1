import { expect, test } from 'vitest';
import { Checkpoints } from '../../../peer/checkpoint/checkpoints.ts';
import { Members } from '../../../peer/membership/members.ts';
import { Narrator } from '../../../peer/narrator.ts';
import { SwarmClock } from '../../../peer/progress/swarm-clock.ts';
import { Tally } from '../../../peer/progress/tally.ts';
import type { ReplicaHost } from '../../../peer/replica/replica-host.ts';
import { sleep } from '../../../src/support/clock.ts';
import { VirtualClock } from '../../../src/support/virtual-clock.ts';

const SAVE_MS = 500;

function checkpointsOf(clock: VirtualClock) {
  const saved: number[] = [];
  const save = async () => {
    await sleep(clock, SAVE_MS);
    saved.push(clock.nowMs());
  };
  const checkpoints = new Checkpoints(
    {
      clock,
      replica: { checkpoint: async () => new Uint8Array(8) } as unknown as ReplicaHost,
      store: { place: 'a slow disk', load: async () => null, save },
      swarm: new SwarmClock(new Members(clock, () => {}), null, 1_000),
      tally: new Tally(),
      narrator: new Narrator(clock, { self: 'a', emit: () => {} }),
    },
    { manifest: '00'.repeat(32), shard: 0, parameters: 2, everyMs: 1_000 },
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
