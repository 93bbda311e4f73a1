import '../../src/support/polyfill.ts';
import { parseArgs } from 'node:util';
import { accuracyOfCell, type Cell } from './mnist-cell.ts';

/**
 * The lookahead table of the design, section 7, on this code: too little falls visibly, `auto` is near the best.
 *
 *     npm run study:lookahead -- --data FOLDER [--peers 4|16] [--seed N]
 */
type Row = Omit<Cell, 'lookahead' | 'seed'> & { readonly lookaheads: readonly Cell['lookahead'][] };

const of4 = { peers: 4, steps: 1200, labelsPerPeer: null };
const of16 = { peers: 16, steps: 600, labelsPerPeer: null };
const unlike = { localSteps: 4, partitions: 1, delayRounds: 1, labelsPerPeer: 2 };
const rows: readonly Row[] = [
  { ...of4, localSteps: 4, partitions: 4, delayRounds: 1, lookaheads: [1, 2, 4, 'recent', 'auto'] },
  { ...of4, localSteps: 16, partitions: 1, delayRounds: 5, lookaheads: [1, 2, 4, 'recent', 'auto'] },
  { ...of4, ...unlike, lookaheads: [1, 2, 'recent', 'auto'] },
  { ...of16, localSteps: 4, partitions: 4, delayRounds: 1, lookaheads: [2, 4, 8, 'recent', 'auto'] },
  { ...of16, localSteps: 4, partitions: 4, delayRounds: 5, lookaheads: [4, 8, 16, 'recent', 'auto'] },
  { ...of16, ...unlike, lookaheads: [4, 'recent', 'auto'] },
];

const { values } = parseArgs({
  options: { data: { type: 'string' }, peers: { type: 'string' }, seed: { type: 'string', default: '0' } },
});
for (const { lookaheads, ...row } of rows.filter(({ peers }) => String(peers) === (values.peers ?? String(peers)))) {
  const { peers, localSteps, partitions, delayRounds, labelsPerPeer } = row;
  const cells: string[] = [];
  for (const lookahead of lookaheads) {
    const accuracy = await accuracyOfCell({ ...row, lookahead, seed: Number(values.seed) }, values.data ?? '');
    cells.push(`${lookahead}: ${(100 * accuracy).toFixed(2)}`);
  }
  const shards = labelsPerPeer === null ? '' : `, ${labelsPerPeer} labels a peer`;
  console.log(`n ${peers}, H ${localSteps}, p ${partitions}, delay ${delayRounds}${shards} | ${cells.join(', ')}`);
}
