import { expect, test } from 'vitest';
import { KEEP_IMAGE_MS, KEPT_IMAGES, SHARE_IMAGE_MS } from '../../../protocols/replica/constants.ts';
import { RecentImages } from '../../../protocols/replica/recent-images.ts';
import { MurmurError } from '../../../src/support/errors.ts';
import { failureOf } from '../../support/failures.ts';
import { SimulatedWorld } from '../../support/simulated-world.ts';

/** Images of one byte each, that count; the same as before while `frozen`. */
function counted(world: SimulatedWorld) {
  const state = { made: 0, frozen: false };
  const images = new RecentImages(world.clock, async () => {
    const number = ++state.made;
    await world.pass(100);
    return { bytes: Uint8Array.of(state.frozen ? 0 : number), vector: [] };
  });
  return { images, state };
}

test('who comes within SHARE_IMAGE_MS gets the same image, who comes later a new one', () => {
  const world = new SimulatedWorld();
  return world.run(async () => {
    const { images, state } = counted(world);
    const [first, second] = await Promise.all([images.current(), images.current()]);
    expect(second).toBe(first);
    await world.pass(SHARE_IMAGE_MS);
    expect(await images.current()).toBe(first);
    await world.pass(1);
    expect((await images.current()).bytes).toEqual(Uint8Array.of(2));
    expect(state.made).toBe(2);
  });
});

test('who asks after the replica has moved gets an image of where it stands, while others wait for one of before', () => {
  const world = new SimulatedWorld();
  return world.run(async () => {
    const { images } = counted(world);
    await images.current();
    images.outdate();
    const during = images.current();
    images.outdate();
    const after = images.current();
    expect([await during, await after].map(({ bytes }) => bytes[0])).toEqual([2, 3]);
    expect((await images.current()).bytes[0]).toBe(3);
  });
});

test('an image is found for KEEP_IMAGE_MS after its last use', () => {
  const world = new SimulatedWorld();
  return world.run(async () => {
    const { images } = counted(world);
    const { hash } = await images.current();
    await world.pass(KEEP_IMAGE_MS - 1);
    expect(images.find(hash)?.hash).toBe(hash);
    await world.pass(KEEP_IMAGE_MS - 1);
    expect(images.find(hash)?.hash).toBe(hash);
    await world.pass(KEEP_IMAGE_MS + 1);
    expect(images.find(hash)).toBe(null);
    expect(images.find('00'.repeat(32))).toBe(null);
  });
});

test('no more than KEPT_IMAGES are kept, the newest', () => {
  const world = new SimulatedWorld();
  return world.run(async () => {
    const { images } = counted(world);
    const hashes: string[] = [];
    for (let n = 0; n < KEPT_IMAGES + 2; n++) {
      hashes.push((await images.current()).hash);
      await world.pass(SHARE_IMAGE_MS + 1);
    }
    const kept = hashes.map((hash) => images.find(hash) !== null);
    expect(kept).toEqual(hashes.map((_, n) => n >= hashes.length - KEPT_IMAGES));
  });
});

test('once closed nothing is kept, what is being made included, and nothing is left to happen', async () => {
  const world = new SimulatedWorld();
  await world.run(async () => {
    const { images } = counted(world);
    const { hash } = await images.current();
    await world.pass(SHARE_IMAGE_MS + 1);
    const making = images.current();
    images.close();
    expect(images.find(hash)).toBe(null);
    expect(images.find((await making).hash)).toBe(null);
  });
  await failureOf(world.clock.run(new Promise(() => {})), 'TIMED_OUT');
  expect(world.clock.nowMs()).toBeLessThan(KEEP_IMAGE_MS);
});

test('an image that is the same again takes the place of the former', () => {
  const world = new SimulatedWorld();
  return world.run(async () => {
    const { images, state } = counted(world);
    const { hash: former } = await images.current();
    state.frozen = true;
    for (let n = 0; n < 3; n++) {
      await world.pass(SHARE_IMAGE_MS + 1);
      await images.current();
    }
    expect(images.find(former)).not.toBe(null);
    expect(state.made).toBe(4);
  });
});

test('an image that could not be made is tried again by who asks next', () => {
  const world = new SimulatedWorld();
  return world.run(async () => {
    let tries = 0;
    const images = new RecentImages(world.clock, async () => {
      if (++tries === 1) throw new MurmurError({ code: 'STREAM_CLOSED', peer: 'p', problem: 'gone' });
      return { bytes: Uint8Array.of(1), vector: [] };
    });
    await failureOf(images.current(), 'STREAM_CLOSED');
    expect((await images.current()).bytes).toEqual(Uint8Array.of(1));
  });
});
