import type { Manifest } from '../../src/manifest.ts';
import { formatBytes, formatCount, formatSeconds, formatShare } from '../format.ts';
import { finalLines } from '../runner/final-lines.ts';
import { type PeerSummary, type Summary, spread } from '../runner/summary.ts';
import { dashes, type Figure, type LegendItem, narrow, renderFigure, wide } from './figure.ts';
import { ends, type FinishedRun, MAX_SHOWN_PEERS, peerLabel } from './finished-run.ts';
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

interface Column {
  readonly title: string;
  readonly of: (peer: PeerSummary) => number | null;
  readonly format: (value: number | null) => string;
}

const columns: readonly Column[] = [
  { title: 'rounds', of: ({ rounds }) => rounds, format: formatCount },
  { title: 'samples', of: ({ samples }) => samples, format: formatCount },
  { title: 'accuracy', of: ({ accuracy }) => accuracy, format: formatShare },
  { title: 'latent', of: ({ latentAccuracy }) => latentAccuracy, format: formatShare },
  { title: 'sent', of: ({ bytesSent }) => bytesSent, format: formatBytes },
  { title: 'received', of: ({ bytesReceived }) => bytesReceived, format: formatBytes },
  { title: 'computing', of: ({ computeSeconds }) => computeSeconds, format: formatSeconds },
  { title: 'coding', of: ({ codecSeconds }) => codecSeconds, format: formatSeconds },
  { title: 'blocked', of: ({ blockedSeconds }) => blockedSeconds, format: formatSeconds },
  { title: 'applied', of: ({ appliedShare }) => appliedShare, format: formatShare },
  { title: 'age p50', of: ({ updateAgeSeconds }) => updateAgeSeconds?.p50 ?? null, format: formatSeconds },
  { title: 'age p99', of: ({ updateAgeSeconds }) => updateAgeSeconds?.p99 ?? null, format: formatSeconds },
  { title: 'feeds', of: ({ feeds }) => feeds, format: formatCount },
  { title: 'links', of: ({ connections }) => connections, format: formatCount },
  { title: 'peak memory', of: ({ peakRssBytes }) => peakRssBytes, format: formatBytes },
];

/** A row a peer or, of many, the median and the ends of each column by itself; `summary.json` has them all. */
function peerTable(peers: readonly PeerSummary[]): string {
  const rows =
    peers.length > MAX_SHOWN_PEERS
      ? ends.map((end) => [
          end,
          ...columns.map(({ of, format }) => format(spread(peers.flatMap((peer) => of(peer) ?? []))?.[end] ?? null)),
          '',
        ])
      : peers.map((peer, index) => [
          peerLabel(index),
          ...columns.map(({ of, format }) => format(of(peer))),
          shortName(peer.peer),
        ]);
  const head = ['peer', ...columns.map(({ title }) => title), 'name'].map((title) => `<th>${escapeHtml(title)}</th>`);
  const body = rows.map((cells) => `<tr>${cells.map((text) => `<td>${escapeHtml(text)}</td>`).join('')}</tr>`);
  return `<div class="wide"><table><thead><tr>${head.join('')}</tr></thead><tbody>${body.join('')}</tbody></table></div>`;
}

/** Letters of a name that tell it from others in a table. */
const SHORT_NAME = 6;

/** Names begin alike and end differently; `summary.json` has them whole. */
function shortName(name: string | null): string {
  if (name === null) return '–';
  return name.length > SHORT_NAME ? `…${name.slice(-SHORT_NAME)}` : name;
}
