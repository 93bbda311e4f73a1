import '../../src/support/polyfill.ts';
import { writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { runScaleCell, type ScaleRow } from './scale-cell.ts';
import { scaleDrawings, scalePage } from './scale-page.ts';

/**
 * What becomes of a swarm's traffic, ages and accuracy as it grows, and what its simulation takes; writes scale.md and its
 * drawings anew after each size, so that a run that is cut short leaves what it has.
 *
 *     npm run study:scale -- [--most 1024] [--samples 409600] [--out docs]
 */
const SIZES = [4, 16, 64, 256, 1024];

const { values } = parseArgs({
  options: {
    most: { type: 'string', default: '1024' },
    samples: { type: 'string', default: '409600' },
    out: { type: 'string', default: 'docs' },
  },
});
const swarmSamples = Number(values.samples);
const command = `npm run study:scale -- --most ${values.most} --samples ${values.samples}`;
const machine = `Node ${process.versions.node}, ${cpus().length} cores`;
const rows: ScaleRow[] = [];
for (const peers of SIZES.filter((size) => size <= Number(values.most))) {
  const row = await runScaleCell(peers, swarmSamples);
  console.error(JSON.stringify(row));
  rows.push(row);
  for (const [file, drawing] of scaleDrawings(rows)) await writeFile(join(values.out, file), drawing);
  await writeFile(join(values.out, 'scale.md'), scalePage(rows, swarmSamples, command, machine));
}
