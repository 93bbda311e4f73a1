import type { Manifest } from '../../src/manifest.ts';
import { formatBytes, formatCount, formatSeconds, formatShare } from '../format.ts';
import { finalLines } from '../runner/final-lines.ts';
import type { PeerSummary, Summary } from '../runner/summary.ts';
import { dashes, type Figure, type LegendItem, narrow, renderFigure, wide } from './figure.ts';
import { type FinishedRun, peerLabel } from './finished-run.ts';
import { accuracyFigures } from './plots/accuracy.ts';
import { ageFigure } from './plots/age.ts';
import { memoryFigures } from './plots/memory.ts';
import { settingsFigures } from './plots/settings.ts';
import { throughputFigure } from './plots/throughput.ts';
import { trafficFigures } from './plots/traffic.ts';
import { style } from './style.ts';

/** A run as one HTML page that needs nothing but itself: plots as inline SVG, no script, no address. */
export function renderReport(run: FinishedRun): string {
  const { manifest, summary, control } = run;
  const figures = [
    ...accuracyFigures(run),
    ...trafficFigures(run),
    ageFigure(run),
    ...settingsFigures(run),
    throughputFigure(run),
    ...memoryFigures(run),
  ];
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
${figures.map(section).join('\n')}
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

/** A figure in both sizes, of which the page shows one, under its title. */
function section(figure: Figure): string {
  const drawings = [wide, narrow].map((size) => renderFigure(figure, size));
  const body = drawings.includes(null)
    ? '<p>Nothing was measured.</p>'
    : `<figure><ul class="legend">${figure.legend.map(legendItem).join('')}</ul>
<div class="wide-only">${drawings[0]}</div><div class="narrow-only">${drawings[1]}</div></figure>`;
  return `<section><h2>${escapeHtml(figure.title)}</h2>
${body}</section>`;
}

function legendItem({ label, colour, dash }: LegendItem): string {
  const sample =
    dash === undefined
      ? `<i style="background:${colour}"></i>`
      : `<svg width="26" height="8" aria-hidden="true"><path d="M0 4H26" stroke="${colour}" stroke-width="2"${
          dash === 'solid' ? '' : ` stroke-dasharray="${dashes[dash]}"`
        }/></svg>`;
  return `<li>${sample}${escapeHtml(label)}</li>`;
}

const columns: readonly [string, (peer: PeerSummary, index: number) => string][] = [
  ['peer', (_, index) => peerLabel(index)],
  ['rounds', (peer) => formatCount(peer.rounds)],
  ['samples', (peer) => formatCount(peer.samples)],
  ['accuracy', (peer) => formatShare(peer.accuracy)],
  ['latent', (peer) => formatShare(peer.latentAccuracy)],
  ['sent', (peer) => formatBytes(peer.bytesSent)],
  ['received', (peer) => formatBytes(peer.bytesReceived)],
  ['computing', (peer) => formatSeconds(peer.computeSeconds)],
  ['coding', (peer) => formatSeconds(peer.codecSeconds)],
  ['blocked', (peer) => formatSeconds(peer.blockedSeconds)],
  ['applied', (peer) => formatShare(peer.appliedShare)],
  ['age p50, p99', (peer) => ageText(peer)],
  ['peak memory', (peer) => formatBytes(peer.peakRssBytes)],
  ['name', (peer) => shortName(peer.peer)],
];

function peerTable(peers: readonly PeerSummary[]): string {
  const head = columns.map(([title]) => `<th>${escapeHtml(title)}</th>`).join('');
  const rows = peers.map((peer, index) => {
    const cells = columns.map(([, text]) => `<td>${escapeHtml(text(peer, index))}</td>`);
    return `<tr>${cells.join('')}</tr>`;
  });
  return `<div class="wide"><table><thead><tr>${head}</tr></thead><tbody>${rows.join('')}</tbody></table></div>`;
}

function ageText({ updateAgeSeconds: age }: PeerSummary): string {
  return age === null ? formatSeconds(null) : `${age.p50.toFixed(2)}, ${age.p99.toFixed(2)} s`;
}

/** Letters of a name that tell it from others in a table. */
const SHORT_NAME = 6;

/** Names begin alike and end differently; `summary.json` has them whole. */
function shortName(name: string | null): string {
  if (name === null) return '–';
  return name.length > SHORT_NAME ? `…${name.slice(-SHORT_NAME)}` : name;
}
