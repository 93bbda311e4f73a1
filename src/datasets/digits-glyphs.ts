/**
 * How people write the ten digits: per digit a few variants, per variant its strokes, per stroke the points that the
 * pen passes, `x,y` in a box of 100 by 100 with y downwards. A smooth curve (Catmull-Rom) joins them; at a point
 * marked `!` the pen turns sharply.
 */
const written: readonly (readonly (readonly string[])[])[] = [
  [
    ['50,5 22,22 15,54 26,86 50,95 75,82 85,48 75,17 50,5'],
    ['64,10 38,8 18,36 20,74 46,96 76,80 84,44 70,14 46,5'],
    ['56,6 34,30 28,68 42,95 62,74 70,34 56,6'],
  ],
  [['50,5 50,50 50,95'], ['26,30 40,20 54,6! 54,50 54,95'], ['30,26 42,18 53,6! 53,50 53,93', '26,94 52,94 78,94']],
  [
    ['20,28 35,8 62,8 76,28 62,52 20,93! 50,92 82,92'],
    ['22,25 48,6 74,22 64,52 36,82 20,88 22,76 38,76 58,90 86,88'],
    ['22,16 52,6 74,20 62,48 18,92! 46,86 62,95 84,88'],
  ],
  [
    ['22,18 48,5 74,20 66,42 42,48! 70,54 80,74 55,95 20,86'],
    ['22,8! 48,8 76,8! 60,24 44,42! 74,54 78,78 52,96 20,86'],
    ['24,14 52,5 72,22 58,42 48,48 68,54 78,72 58,94 24,90'],
  ],
  [
    ['30,6 24,32 16,57! 50,57 86,55', '64,28 63,60 62,96'],
    ['62,96 64,50 64,5! 40,36 14,66! 50,66 88,66'],
    ['26,8 20,36 28,52 50,54 72,46', '76,6 70,50 66,96'],
  ],
  [
    ['76,8! 54,8 32,8! 30,26 28,44! 55,40 78,58 74,84 48,96 20,86'],
    ['34,10 31,28 28,46! 56,40 78,60 70,88 44,96 20,86', '34,10 56,9 80,8'],
    ['78,10 50,10 36,16 30,42 50,42 76,56 74,82 46,95 18,84'],
  ],
  [
    ['68,6 38,28 20,62 32,92 60,94 74,74 60,54 36,58 22,76'],
    ['56,4 36,26 22,58 24,86 48,96 70,84 68,62 46,56 24,72'],
    ['76,12 50,8 26,36 18,70 36,94 64,92 78,72 62,54 38,58 21,74'],
  ],
  [
    ['18,10! 50,10 80,10! 60,50 42,95'],
    ['18,12! 50,11 80,10! 60,50 44,95', '32,52 52,51 74,50'],
    ['20,28 21,18 22,8! 50,12 82,10! 60,40 52,68 50,95'],
  ],
  [
    ['50,48 26,32 32,9 62,6 76,24 50,48 22,70 34,94 66,94 80,72 50,48'],
    ['76,16 50,5 26,20 48,46 78,72 52,95 22,78 52,46 78,18'],
    ['50,6 28,24 50,46 72,26 50,6', '50,47 22,70 50,95 78,72 50,47'],
  ],
  [
    ['74,26 50,6 26,28 44,50 72,30! 70,62 64,95'],
    ['76,24 52,5 26,26 44,50 74,26! 76,64 58,94 26,88'],
    ['72,22 48,6 24,28 44,50 70,34', '76,6 71,50 68,96'],
  ],
];

/** One stroke: its points as x, y pairs in [-1, 1] around the middle of the box, and where the pen turns sharply. */
export interface Stroke {
  readonly points: Float64Array;
  readonly corners: readonly boolean[];
}

/** `glyphs[digit][variant]` is a list of strokes. */
export const glyphs: readonly (readonly (readonly Stroke[])[])[] = written.map((variants) =>
  variants.map((strokes) => strokes.map(parseStroke)),
);

/** The most points of one stroke: what a pen's buffers hold. */
export const MAX_STROKE_POINTS = Math.max(...glyphs.flat(2).map((stroke) => stroke.corners.length));

function parseStroke(text: string): Stroke {
  const points = text.split(' ');
  return {
    points: Float64Array.from(
      points.flatMap((point) => point.replace('!', '').split(',')),
      (side) => Number(side) / 50 - 1,
    ),
    corners: points.map((point) => point.endsWith('!')),
  };
}
