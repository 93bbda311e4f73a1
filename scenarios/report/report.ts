import type { Manifest } from '../../src/manifest.ts';
import { formatBytes, formatCount, formatSeconds, formatShare } from '../format.ts';
import { finalLines } from '../runner/final-lines.ts';
import type { PeerSummary, Summary } from '../runner/summary.ts';
import type { RunTally } from '../runner/tally.ts';
import { type Chart, peerColours, renderChart } from './charts.ts';
import { style } from './style.ts';

export interface ReportInput {
  readonly manifest: Manifest;
  readonly tally: RunTally;
  readonly summary: Summary;
  readonly control: Summary | null;
  readonly startedAtMs: number;
}

/** A run as one HTML page that needs nothing but itself: charts as inline SVG, no script, no address. */
export function renderReport(input: ReportInput): string {
  const { manifest, summary, control } = input;
  const peers = input.tally.peers.map((peer) => peerLabel(peer.index));
  const facts = finalLines(summary, control).map(
    ([label, text]) => `<dt>${escapeHtml(label)}</dt><dd>${escapeHtml(text)}</dd>`,
  );
  const { topology: _, ...model } = manifest.model;
  const settings = JSON.stringify({ ...manifest, model }, null, 2);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escapeHtml(manifest.name)}: run of a swarm</title>
<style>${style}</style>
</head>
<body>
<h1>${escapeHtml(manifest.name)} <span class="${summary.converged ? 'good' : 'bad'}">${verdict(summary)}</span></h1>
<p>${escapeHtml(lead(manifest, summary))}</p>
<dl class="facts">${facts.join('')}</dl>
${charts(input)
  .map((chart) => section(chart, peers))
  .join('\n')}
<h2>Peers</h2>
${peerTable(summary.peers)}
<details><summary>Settings</summary><pre>${escapeHtml(settings)}</pre></details>
<p><br>Manifest <code>${escapeHtml(summary.manifest)}</code></p>
</body>
</html>
`;
}

/** Text as HTML shows it, in elements and in quoted attributes. */
export function escapeHtml(text: string): string {
  const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
  return text.replace(/[&<>"']/g, (character) => entities[character]!);
}

function verdict(summary: Summary): string {
  return summary.converged
    ? `reached its target in ${formatSeconds(summary.timeToTargetSeconds)}`
    : 'missed its target';
}

function lead({ peers, model, data, seed, exchange }: Manifest, { backend, samplesPerSecond }: Summary): string {
  const shards = data.labelsPerPeer === null ? '' : `, ${data.labelsPerPeer} labels a peer`;
  const speed = samplesPerSecond === null ? '' : `, ${formatCount(samplesPerSecond)} samples/s`;
  const parts = [
    `${peers} peers`,
    model.name,
    `${data.kind}${shards}`,
    `strategy ${exchange.strategy}`,
    `seed ${seed}`,
  ];
  return `${parts.join(' · ')} · backend ${backend ?? 'unknown'}${speed}`;
}

function charts({ manifest, tally, summary, startedAtMs }: ReportInput): Chart[] {
  const seconds = (atMs: number) => (atMs - startedAtMs) / 1000;
  const accuracy = (x: Chart['x']) =>
    tally.peers.flatMap((peer) =>
      peer.evaluations.points.map((point) => ({
        x: x === 'seconds' ? seconds(point.atMs) : point.bytesSent,
        y: point.accuracy,
        peer: peerLabel(peer.index),
      })),
    );
  const bytes = tally.peers.flatMap((peer) =>
    peer.bytes.points.map(({ atMs, bytesSent }) => ({ x: seconds(atMs), y: bytesSent, peer: peerLabel(peer.index) })),
  );
  const target = manifest.target.value;
  const reachedAt = summary.timeToTargetSeconds;
  return [
    {
      title: 'Accuracy over time',
      description:
        'Accuracy of the shared replica on held-out samples against seconds since the start, a line per peer',
      x: 'seconds',
      y: 'share',
      points: accuracy('seconds'),
      target,
      reachedAt,
    },
    {
      title: 'Accuracy over bytes',
      description: 'Accuracy of the shared replica on held-out samples against bytes sent, a line per peer',
      x: 'bytes',
      y: 'share',
      points: accuracy('bytes'),
      target,
      reachedAt: null,
    },
    {
      title: 'Bytes over time',
      description: 'Bytes that each peer has sent against seconds since the start',
      x: 'seconds',
      y: 'bytes',
      points: bytes,
      target: null,
      reachedAt,
    },
  ];
}

function section(chart: Chart, peers: readonly string[]): string {
  if (chart.points.length === 0) return `<h2>${escapeHtml(chart.title)}</h2><p>Nothing was measured.</p>`;
  const colours = peerColours(peers.length);
  const legend = peers.map((peer, index) => `<li><i style="background:${colours[index]}"></i>${escapeHtml(peer)}</li>`);
  return `<h2>${escapeHtml(chart.title)}</h2>
<figure><ul class="legend">${legend.join('')}</ul>${renderChart(chart, peers)}</figure>`;
}

const columns: readonly [string, (peer: PeerSummary, index: number) => string][] = [
  ['peer', (_, index) => peerLabel(index)],
  ['rounds', (peer) => formatCount(peer.rounds)],
  ['samples', (peer) => formatCount(peer.samples)],
  ['accuracy', (peer) => formatShare(peer.accuracy)],
  ['latent', (peer) => formatShare(peer.latentAccuracy)],
  ['sent', (peer) => formatBytes(peer.bytesSent)],
  ['received', (peer) => formatBytes(peer.bytesReceived)],
  ['replica', (peer) => formatBytes(peer.replicaBytes)],
  ['computing', (peer) => formatSeconds(peer.computeSeconds)],
  ['coding', (peer) => formatSeconds(peer.codecSeconds)],
  ['blocked', (peer) => formatSeconds(peer.blockedSeconds)],
  ['applied', (peer) => formatShare(peer.appliedShare)],
  ['age p50', (peer) => formatSeconds(peer.updateAgeSeconds?.p50 ?? null)],
  ['age p99', (peer) => formatSeconds(peer.updateAgeSeconds?.p99 ?? null)],
  ['id', (peer) => peer.peer ?? '–'],
];

function peerTable(peers: readonly PeerSummary[]): string {
  const head = columns.map(([title]) => `<th>${escapeHtml(title)}</th>`).join('');
  const rows = peers.map((peer, index) => {
    const cells = columns.map(([, text]) => `<td>${escapeHtml(text(peer, index))}</td>`);
    return `<tr>${cells.join('')}</tr>`;
  });
  return `<div class="wide"><table><thead><tr>${head}</tr></thead><tbody>${rows.join('')}</tbody></table></div>`;
}

function peerLabel(index: number): string {
  return `peer ${index + 1}`;
}
