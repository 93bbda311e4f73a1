import type { Random } from '../support/random.ts';
import { glyphs, MAX_STROKE_POINTS, type Stroke } from './digits-glyphs.ts';

/** Pixels along each side of a sample. */
export const DIGIT_SIDE = 28;

/**
 * How much the writing varies, in pixels where nothing else is said; one standard deviation, or the ends of a range.
 * Chosen such that a linear model stays near 85 %, 100 hidden units on 16,000 samples come to 96 %, and on a quarter of
 * them to 93 %: a run shows that peers learn from each other.
 */
const HALF_WIDTH = 7;
const HALF_HEIGHT = 9;
const POINT_JITTER = 0.6;
const ROTATION_RADIANS = 0.15;
const SHEAR_SHARE = 0.18;
const SCALE_SHARE = 0.13;
const SHIFT = 0.9;
const ELASTIC = 0.7;
const THINNEST_RADIUS = 0.9;
const THICKEST_RADIUS = 1.7;
/** Share of full brightness of the palest ink. */
const PALEST_SHARE = 0.55;
/** Share of full brightness that noise adds or takes at most. */
const NOISE_SHARE = 0.08;
/** Probability of a stray line. */
const CLUTTER_CHANCE = 0.15;

/** Knots along each side of the displacement field: a knot every 9 pixels, about the sigma of 4 of Simard et al. */
const KNOTS = 4;
const KNOT_SPACING = (DIGIT_SIDE - 1) / (KNOTS - 1);
/** Straight pieces that a curve between two points is drawn with: each is about two pixels long. */
const PIECES = 4;

/**
 * Writes digits as a hand would: a glyph whose points tremble, an affine map, and an elastic distortion by a smooth
 * random field of displacements (Simard et al., "Best practices for convolutional neural networks", ICDAR 2003,
 * section 2), applied to the pen's path instead of the pixels, so that strokes stay sharp. Keeps buffers: one call at a time.
 */
export class DigitPen {
  readonly #ink = new Float32Array(DIGIT_SIDE * DIGIT_SIDE);
  readonly #path = new Float64Array(2 * MAX_STROKE_POINTS);
  readonly #fieldX = new Float64Array(KNOTS * KNOTS);
  readonly #fieldY = new Float64Array(KNOTS * KNOTS);
  #x = 0;
  #y = 0;

  /** Writes `digit` over `into`, [28, 28] bytes of brightness: white on black. The same stream draws the same bytes. */
  write(digit: number, random: Random, into: Uint8Array): void {
    this.#ink.fill(0);
    const variants = glyphs[digit]!;
    const strokes = variants[random.below(variants.length)]!;
    const map = drawAffine(random);
    for (let knot = 0; knot < KNOTS * KNOTS; knot++) {
      this.#fieldX[knot] = ELASTIC * random.normal();
      this.#fieldY[knot] = ELASTIC * random.normal();
    }
    const radius = between(random, THINNEST_RADIUS, THICKEST_RADIUS);
    for (const stroke of strokes) {
      this.#place(stroke, map, random);
      this.#trace(stroke, radius, radius * between(random, 0.75, 1.1));
    }
    if (random.uniform() < CLUTTER_CHANCE) this.#scratch(random, radius);
    this.#expose(random, into);
  }

  /** Puts a stroke's points onto the page, in pixels. */
  #place(stroke: Stroke, map: Affine, random: Random): void {
    const { points } = stroke;
    for (let at = 0; at < points.length; at += 2) {
      const x = HALF_WIDTH * points[at]! + POINT_JITTER * random.normal();
      const y = HALF_HEIGHT * points[at + 1]! + POINT_JITTER * random.normal();
      this.#path[at] = map.xx * x + map.xy * y + map.x;
      this.#path[at + 1] = map.yx * x + map.yy * y + map.y;
    }
  }

  /** Draws the placed stroke; its radius goes from `first` to `last` pixels. */
  #trace(stroke: Stroke, first: number, last: number): void {
    const path = this.#path;
    const spans = stroke.corners.length - 1;
    this.#moveTo(path[0]!, path[1]!);
    for (let span = 0; span < spans; span++) {
      const from = 2 * span;
      const before = span === 0 || stroke.corners[span] ? from : from - 2;
      const after = span === spans - 1 || stroke.corners[span + 1] ? from + 2 : from + 4;
      for (let piece = 1; piece <= PIECES; piece++) {
        const t = piece / PIECES;
        const x = catmullRom(path[before]!, path[from]!, path[from + 2]!, path[after]!, t);
        const y = catmullRom(path[before + 1]!, path[from + 1]!, path[from + 3]!, path[after + 1]!, t);
        this.#lineTo(x, y, first + ((last - first) * (span + t)) / spans);
      }
    }
  }

  /** A stray line, as of a neighbouring character or a ruled page. */
  #scratch(random: Random, radius: number): void {
    const x = between(random, 0, DIGIT_SIDE);
    const y = between(random, 0, DIGIT_SIDE);
    this.#moveTo(x, y);
    this.#lineTo(x + between(random, -8, 8), y + between(random, -8, 8), radius);
  }

  #moveTo(x: number, y: number): void {
    this.#x = this.#bend(this.#fieldX, x, y) + x;
    this.#y = this.#bend(this.#fieldY, x, y) + y;
  }

  /** Inks every pixel within `radius` of the line from where the pen stands, with a soft edge of one pixel. */
  #lineTo(x: number, y: number, radius: number): void {
    const fromX = this.#x;
    const fromY = this.#y;
    this.#moveTo(x, y);
    const alongX = this.#x - fromX;
    const alongY = this.#y - fromY;
    const perLength2 = 1 / (alongX * alongX + alongY * alongY + 1e-9);
    const reach = radius + 0.5;
    const left = Math.max(0, Math.ceil(Math.min(fromX, this.#x) - reach));
    const right = Math.min(DIGIT_SIDE - 1, Math.floor(Math.max(fromX, this.#x) + reach));
    const top = Math.max(0, Math.ceil(Math.min(fromY, this.#y) - reach));
    const bottom = Math.min(DIGIT_SIDE - 1, Math.floor(Math.max(fromY, this.#y) + reach));
    const ink = this.#ink;
    for (let row = top; row <= bottom; row++) {
      for (let column = left; column <= right; column++) {
        const dx = column - fromX;
        const dy = row - fromY;
        const t = Math.min(1, Math.max(0, (dx * alongX + dy * alongY) * perLength2));
        const offX = dx - t * alongX;
        const offY = dy - t * alongY;
        const cover = reach - Math.sqrt(offX * offX + offY * offY);
        const at = row * DIGIT_SIDE + column;
        if (cover > ink[at]!) ink[at] = Math.min(1, cover);
      }
    }
  }

  /** The field's displacement at a place on the page: smooth between knots, constant beyond the page. */
  #bend(field: Float64Array, x: number, y: number): number {
    const column = Math.min(KNOTS - 1.001, Math.max(0, x / KNOT_SPACING));
    const row = Math.min(KNOTS - 1.001, Math.max(0, y / KNOT_SPACING));
    const knot = Math.floor(row) * KNOTS + Math.floor(column);
    const across = smoothStep(column - Math.floor(column));
    const down = smoothStep(row - Math.floor(row));
    const upper = field[knot]! + across * (field[knot + 1]! - field[knot]!);
    const lower = field[knot + KNOTS]! + across * (field[knot + KNOTS + 1]! - field[knot + KNOTS]!);
    return upper + down * (lower - upper);
  }

  /** Turns ink into bytes, with the pen's strength and the noise of a camera. */
  #expose(random: Random, into: Uint8Array): void {
    const brightest = 255 * between(random, PALEST_SHARE, 1);
    const noise = 2 * 255 * NOISE_SHARE * random.uniform();
    for (let pixel = 0; pixel < this.#ink.length; pixel++) {
      const level = brightest * this.#ink[pixel]! + noise * (random.uniform() - 0.5);
      into[pixel] = Math.min(255, Math.max(0, level + 0.5));
    }
  }
}

/** Takes a point around the glyph's middle to pixels of the page. */
interface Affine {
  readonly xx: number;
  readonly xy: number;
  readonly x: number;
  readonly yx: number;
  readonly yy: number;
  readonly y: number;
}

function drawAffine(random: Random): Affine {
  const turn = ROTATION_RADIANS * random.normal();
  const shear = SHEAR_SHARE * random.normal();
  const wide = Math.exp(SCALE_SHARE * random.normal());
  const high = Math.exp(SCALE_SHARE * random.normal());
  const cos = Math.cos(turn);
  const sin = Math.sin(turn);
  const middle = (DIGIT_SIDE - 1) / 2;
  return {
    xx: cos * wide,
    xy: (cos * shear - sin) * high,
    x: middle + SHIFT * random.normal(),
    yx: sin * wide,
    yy: (sin * shear + cos) * high,
    y: middle + SHIFT * random.normal(),
  };
}

function between(random: Random, low: number, high: number): number {
  return low + (high - low) * random.uniform();
}

function smoothStep(t: number): number {
  return t * t * (3 - 2 * t);
}

/** The curve from `b` to `c` that leaves along a-c and arrives along b-d (Catmull and Rom, 1974). */
function catmullRom(a: number, b: number, c: number, d: number, t: number): number {
  return b + 0.5 * t * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)));
}
