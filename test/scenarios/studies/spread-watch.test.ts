import { expect, test } from 'vitest';
import type { VirtualPeer } from '../../../scenarios/simulated/virtual-peer.ts';
import { SpreadWatch } from '../../../scenarios/studies/spread-watch.ts';
import { VersionVector } from '../../../src/sum/version-vector.ts';
import { sleep } from '../../../src/support/clock.ts';
import { VirtualClock } from '../../../src/support/virtual-clock.ts';

const origin = 'peer-0/0000000000000001';

test('an update counts as everywhere once the last peer has applied it, one update after the other', async () => {
  const clock = new VirtualClock();
  const vectors = [new VersionVector(), new VersionVector()];
  const peers = vectors.map((vector) => ({ replica: { sum: { vector } } }) as unknown as VirtualPeer);
  const watch = new SpreadWatch();
  watch.accompany(peers, clock);
  expect(watch.medianMs()).toBeNaN();
  watch.published(origin);
  watch.published(origin);
  vectors[0]!.advance(origin, 2);
  await clock.run(sleep(clock, 1000));
  expect(watch.medianMs()).toBeNaN();
  vectors[1]!.advance(origin, 1);
  await clock.run(sleep(clock, 100));
  expect(watch.medianMs()).toBe(1000);
});
