/**
 * Mean softmax cross-entropy of `logits` ([count, classes], row after row) against `labels` ([count]), in nats.
 * Where `gradient` is given (shaped as `logits`), writes d(mean loss)/d(logits) over it: (softmax - one-hot) / count.
 */
export function softmaxCrossEntropy(
  logits: Float32Array,
  labels: Uint8Array,
  classes: number,
  gradient?: Float32Array,
): number {
  const count = labels.length;
  let loss = 0;
  for (let row = 0; row < count; row++) {
    const from = row * classes;
    const label = from + labels[row]!;
    let peak = -Infinity;
    for (let i = from; i < from + classes; i++) peak = Math.max(peak, logits[i]!);
    let total = 0;
    for (let i = from; i < from + classes; i++) total += Math.exp(logits[i]! - peak);
    loss += Math.log(total) + peak - logits[label]!;
    if (!gradient) continue;
    const scale = 1 / (total * count);
    for (let i = from; i < from + classes; i++) gradient[i] = Math.exp(logits[i]! - peak) * scale;
    gradient[label] = gradient[label]! - 1 / count;
  }
  return loss / count;
}

/** How many rows of `logits` are largest at their label; the first of equal ones counts. */
export function countCorrect(logits: Float32Array, labels: Uint8Array, classes: number): number {
  let correct = 0;
  for (let row = 0; row < labels.length; row++) {
    const from = row * classes;
    let best = from;
    for (let i = from + 1; i < from + classes; i++) if (logits[i]! > logits[best]!) best = i;
    if (best === from + labels[row]!) correct++;
  }
  return correct;
}
