import '../../src/support/polyfill.ts';
import { writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { runScaleCell, type ScaleRow } from './scale-cell.ts';
import { scaleDrawings, scalePage } from './scale-page.ts';

/**
 * What becomes of a swarm's egress, ages and accuracy as it grows, and what its simulation takes; writes scale.md and its
 * drawings anew after each size, so that a run that is cut short leaves what it has.
 *
 *     npm run study:scale -- [--peers 4,16,64,256,1024] [--rounds 200] [--out docs]
 */
/** The work grows with the square of the peers: a thousand of them train as many samples as 256 do in four times the rounds. */
const MOST_PEER_ROUNDS = 256 * 200;

const { values } = parseArgs({
  options: {
    peers: { type: 'string', default: '4,16,64,256,1024' },
    rounds: { type: 'string', default: '200' },
    out: { type: 'string', default: 'docs' },
  },
});
const command = `npm run study:scale -- --peers ${values.peers} --rounds ${values.rounds}`;
const machine = `Node ${process.versions.node}, ${cpus().length} cores`;
const rows: ScaleRow[] = [];
for (const peers of values.peers.split(',').map(Number)) {
  const row = await runScaleCell(peers, Math.min(Number(values.rounds), Math.floor(MOST_PEER_ROUNDS / peers)));
  console.error(JSON.stringify(row));
  rows.push(row);
  for (const [file, drawing] of scaleDrawings(rows)) await writeFile(join(values.out, file), drawing);
  await writeFile(join(values.out, 'scale.md'), scalePage(rows, command, machine));
}
