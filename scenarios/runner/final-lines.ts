import { formatBytes, formatCount, formatSeconds, formatShare } from '../format.ts';
import type { Summary } from './summary.ts';

/** The last words of a run, a line each, as label and text. */
export function finalLines(summary: Summary, control: Summary | null): [string, string][] {
  const { target, bytes } = summary;
  const goal = `${formatShare(target.value)} ${target.metric}`;
  const lines: [string, string][] = [
    summary.converged
      ? ['time to convergence', `${formatSeconds(summary.timeToTargetSeconds)} to ${goal}`]
      : ['target', `${goal} not reached`],
    ['final accuracy', spreadText(summary.finalAccuracy)],
  ];
  if (summary.converged) lines.push(['samples to target', formatCount(summary.samplesToTarget)]);
  if (control !== null) {
    lines.push(['each peer alone', `${spreadText(control.finalAccuracy)} after as many samples without exchange`]);
  }
  lines.push(['bytes sent', bytesText(bytes)]);
  if (summary.vectorsEqual !== null) {
    lines.push(['version vectors', summary.vectorsEqual ? 'equal on all peers' : 'DIFFERENT between peers']);
    lines.push(['fingerprints', summary.fingerprintsEqual ? 'equal on all peers' : 'DIFFERENT between peers']);
  }
  return lines;
}

function bytesText({ sentToTarget, wireSent, denseEquivalent, wireRatio }: Summary['bytes']): string {
  const toTarget = sentToTarget === null ? '' : ` (${formatBytes(sentToTarget)} to the target)`;
  if (denseEquivalent === null || wireRatio === null) return formatBytes(wireSent) + toTarget;
  const dense = `dense exchange of the same steps ${formatBytes(denseEquivalent)}, ${formatCount(wireRatio)} times as much`;
  return `${formatBytes(wireSent)}${toTarget}; ${dense}`;
}

function spreadText(spread: Summary['finalAccuracy']): string {
  if (spread === null) return 'not known';
  return `${formatShare(spread.median)} (median; ${formatShare(spread.min)} to ${formatShare(spread.max)})`;
}
