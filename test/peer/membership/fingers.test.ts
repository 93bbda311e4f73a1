import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Fingers, growingClasses, TURN_MS, upwards } from '../../../peer/membership/fingers.ts';
import { Members } from '../../../peer/membership/members.ts';
import { distance, placeOf } from '../../../protocols/updates/scope.ts';
import { MAX_FEEDS } from '../../../src/manifest.ts';
import { sleep } from '../../../src/support/clock.ts';
import { VirtualClock } from '../../../src/support/virtual-clock.ts';
import { statusOf } from '../../support/status.ts';

test('classes hold everyone, are as many as asked for at the most, and the first is the nearest alone', () => {
  fc.assert(
    fc.property(fc.nat({ max: 5000 }), fc.integer({ min: 2, max: MAX_FEEDS }), (length, count) => {
      const list = Array.from({ length }, (_, n) => n);
      const classes = growingClasses(list, count);
      expect(classes.flat()).toEqual(list);
      expect(classes.length).toBe(Math.min(length, count));
      if (length > 0) expect(classes[0]).toEqual([0]);
      for (const each of classes) expect(each.length).toBeGreaterThan(0);
    }),
  );
});

/** Fingers of peers that all know each other, at one moment. */
function everyones(clock: VirtualClock, count: number, peers: number): Map<string, Fingers> {
  const names = Array.from({ length: peers }, (_, n) => `peer-${n}`);
  return new Map(
    names.map((self) => {
      const members = new Members(clock, () => {}, true);
      for (const name of names) if (name !== self) members.heard(name, statusOf(name));
      return [self, new Fingers({ clock, members }, { self, count })];
    }),
  );
}

describe('fingers', () => {
  test.each([
    [16, 6, 6],
    [64, 6, 9],
    [256, MAX_FEEDS, 11],
  ])('lead each of %i peers with %i of them to each other in %i hops at the most', (peers, count, most) => {
    const fingers = everyones(new VirtualClock(), count, peers);
    const names = [...fingers.keys()];
    const sources = new Map(
      [...fingers].map(([self, own]) => [
        self,
        upwards(
          placeOf(self),
          own.classes().map(([first]) => first!),
        ),
      ]),
    );
    const steps = (from: string, to: string) => distance(placeOf(from), placeOf(to));
    let longest = 0;
    for (const from of names) {
      for (const to of names) {
        let hops = 0;
        for (let at = from; at !== to; hops++) {
          const next = sources.get(at)!.findLast((source) => steps(at, source) <= steps(at, to))!;
          if (steps(next, to) >= steps(at, to)) expect.fail(`${next} is no nearer to ${to} than ${at}`);
          at = next;
        }
        longest = Math.max(longest, hops);
      }
    }
    expect(longest).toBeLessThanOrEqual(most);
  });

  test.each([0, 3, 11])('take each of 64 peers once in each class, after %i turns', async (turns) => {
    const clock = new VirtualClock();
    const fingers = everyones(clock, 6, 64);
    await clock.run(sleep(clock, turns * TURN_MS));
    for (let index = 0; index < 6; index++) {
      const taken = [...fingers.values()].map((own) => own.classes()[index]![0]);
      expect(new Set(taken).size).toBe(64);
    }
  });

  test('move on one after the other', () => {
    const clock = new VirtualClock();
    const fingers = everyones(clock, 4, 64).get('peer-0')!;
    const turns: string[][] = [];
    return clock
      .run(
        (async () => {
          for (let turn = 0; turn < 8; turn++) {
            turns.push(fingers.classes().map(([first]) => first!));
            await sleep(clock, TURN_MS);
          }
        })(),
      )
      .then(() => {
        for (const [turn, now] of turns.entries()) {
          const changed = now.filter((name, index) => turn > 0 && name !== turns[turn - 1]![index]);
          expect(changed.length).toBeLessThanOrEqual(1);
        }
        expect(new Set(turns.map((now) => now[3])).size).toBeGreaterThan(1);
        expect(new Set(turns.map((now) => now[0])).size).toBe(1);
      });
  });
});
