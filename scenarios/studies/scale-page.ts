import { formatBytes, formatCount } from '../format.ts';
import { peerColours } from '../report/colours.ts';
import { curvesFigure } from '../report/curves.ts';
import { accuracy, age, bytes, type Quantity } from '../report/quantity.ts';
import { standAlone, table } from './page-parts.ts';
import type { ScaleRow } from './scale-cell.ts';

/** One quantity by the number of peers; several values of it have a name each. */
interface Drawing {
  readonly file: string;
  readonly title: string;
  readonly y: Quantity;
  readonly series: readonly { readonly name: string | null; readonly value: (row: ScaleRow) => number }[];
}

const peersByPower: Quantity = { name: 'number of peers, as a power of two', units: [[1, '']] };
const plain = (name: string): Quantity => ({ name, units: [[1, '']] });

const drawings: readonly Drawing[] = [
  {
    file: 'scale-traffic.svg',
    title: 'Bytes a second of each peer',
    y: bytes('bytes a second'),
    series: [
      { name: 'sent', value: (row) => row.sentBytesPerSecond },
      { name: 'received', value: (row) => row.receivedBytesPerSecond },
    ],
  },
  {
    file: 'scale-age.svg',
    title: 'Age of updates when they are applied',
    y: age,
    series: [
      { name: 'p50', value: (row) => row.ageSeconds.p50 },
      { name: 'p99', value: (row) => row.ageSeconds.p99 },
    ],
  },
  {
    file: 'scale-spread.svg',
    title: 'Rounds until every peer has applied an update',
    y: plain('rounds'),
    series: [{ name: null, value: (row) => row.spreadRounds }],
  },
  {
    file: 'scale-accuracy.svg',
    title: 'Accuracy at equal samples of the swarm',
    y: accuracy,
    series: [
      { name: 'swarm', value: (row) => row.accuracy },
      { name: 'synchronous dense', value: (row) => row.denseAccuracy },
    ],
  },
  {
    file: 'scale-speed.svg',
    title: 'Deliveries a second of CPU',
    y: plain('deliveries a second of CPU'),
    series: [{ name: null, value: (row) => row.deliveries / row.cpuSeconds }],
  },
  {
    file: 'scale-memory.svg',
    title: 'Peak memory of the simulation',
    y: bytes('resident memory'),
    series: [{ name: null, value: (row) => row.peakRssBytes }],
  },
];

/** What was measured as a page in Markdown; `command` is what makes it anew, `machine` where it ran. */
export function scalePage(rows: readonly ScaleRow[], command: string, machine: string): string {
  return `# Scale

\`gossip-scale\` simulated with ${rows.map(({ peers }) => formatCount(peers)).join(', ')} peers. Each may send 20 kB/s, and its
controller sets local steps, partitions and density; a step takes a quarter of a second, a way 20 to 40 ms; direct up to 16 peers and
by gossip beyond. ${machine}. Made by

\`\`\`
${command}
\`\`\`

${table(
  ['peers', 'samples', 'rounds', 'sent/s', 'received/s', 'egress / budget', 'connections', 'age p50 / p99'],
  rows.map((row) => [
    formatCount(row.peers),
    formatCount(row.swarmSamples),
    row.rounds.toFixed(0),
    formatBytes(row.sentBytesPerSecond),
    formatBytes(row.receivedBytesPerSecond),
    `${row.egress.median.toFixed(2)} (${row.egress.min.toFixed(2)} to ${row.egress.max.toFixed(2)})`,
    row.connections.toFixed(1),
    `${row.ageSeconds.p50.toFixed(1)} / ${row.ageSeconds.p99.toFixed(1)} s`,
  ]),
)}

${table(
  ['peers', 'everywhere after', 'accuracy', 'synchronous dense', 'equal'],
  rows.map((row) => [
    formatCount(row.peers),
    `${row.spreadRounds.toFixed(1)} rounds`,
    `${(100 * row.accuracy).toFixed(2)} %`,
    `${(100 * row.denseAccuracy).toFixed(2)} %`,
    row.equal ? 'yes' : 'no',
  ]),
)}

*Egress / budget*: of the median peer (of the least and the most), from the first round until the first peer finished; swarms of few
peers have not enough to say for 20 kB/s. Samples are those of 200 rounds of four batches of 8 at each peer, which longer rounds also take. *Synchronous dense*: the same shards, batches, rate and samples, with a step of all peers together after each
minibatch, uncompressed. Sent and received are means over the peers, by virtual time from the first peer's start to the last one's end, statuses and
the start included. *Equal*: all peers ended with one fingerprint. *Everywhere after*: from an update's publication until
the last peer has applied it, the median of those watched one after the other.

What the simulation itself takes, meeting and last evaluations included. CPU time tells more than wall time where the machine has
other work:

${table(
  [
    'peers',
    'deliveries',
    'CPU',
    'CPU a delivery',
    'CPU a round of a peer',
    'deliveries / s of CPU',
    'wall',
    'peak memory',
  ],
  rows.map((row) => [
    formatCount(row.peers),
    formatCount(row.deliveries),
    `${row.cpuSeconds.toFixed(0)} s`,
    `${((1e6 * row.cpuSeconds) / row.deliveries).toFixed(0)} µs`,
    `${((1e3 * row.cpuSeconds) / (row.peers * row.rounds)).toFixed(1)} ms`,
    formatCount(Math.round(row.deliveries / row.cpuSeconds)),
    `${row.wallSeconds.toFixed(0)} s`,
    formatBytes(row.peakRssBytes),
  ]),
)}

${drawings.map(({ file, title }) => `![${title}, by the number of peers](${file})`).join('\n\n')}
`;
}

/** The page's drawings, by the names of their files. */
export function scaleDrawings(rows: readonly ScaleRow[]): ReadonlyMap<string, string> {
  return new Map(drawings.map((drawing) => [drawing.file, drawn(drawing, rows)]));
}

function drawn({ title, y, series }: Drawing, rows: readonly ScaleRow[]): string {
  const figure = curvesFigure({
    title,
    description: `${title}, by the number of peers as a power of two`,
    legend: [],
    x: peersByPower,
    y,
    yFrom: 0,
    curves: series.map(({ name, value }, index) => ({
      label: name,
      colour: peerColours(series.length)[index]!,
      dash: 'solid',
      strong: true,
      points: rows.map((row) => ({ x: Math.log2(row.peers), y: value(row) })),
    })),
  });
  return standAlone(figure);
}
