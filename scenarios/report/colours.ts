import type { WireKind } from '../runner/wire-bytes.ts';

/** Distinct to colour-blind eyes (Okabe and Ito, "Color Universal Design", 2008); the blue is lighter, for dark ground. */
const blue = '#2281c4';
const orange = '#e69f00';
const green = '#009e73';
const purple = '#cc79a7';
const sky = '#56b4e9';
const vermilion = '#d55e00';
const yellow = '#f0e442';
const grey = '#8a939f';

const palette = [blue, orange, green, purple, sky, vermilion];

/** The swarm as a whole: the page's own ink. */
export const swarmColour = 'currentColor';

/** One colour a peer, the same in every plot; more peers than colours take hues around the wheel. */
export function peerColours(count: number): readonly string[] {
  if (count <= palette.length) return palette.slice(0, count);
  return Array.from({ length: count }, (_, index) => `hsl(${Math.round((index * 360) / count)} 65% 55%)`);
}

export const wireColours: Readonly<Record<WireKind, string>> = {
  entries: blue,
  heads: sky,
  replica: green,
  credit: purple,
  status: orange,
  hello: vermilion,
  upkeep: yellow,
  transport: grey,
};
