import { payloadBytes } from '../../protocols/updates/frame.ts';
import type { RoundOutput } from '../replica/replica-host.ts';

/** Span over which the rate of samples is measured. */
const RATE_SPAN_MS = 5_000;

/** What a peer counts of itself. */
export class Tally {
  rounds = 0;
  localSteps = 0;
  publishedBytes = 0;
  publishedPayloadBytes = 0;
  computeMs = 0;
  codecMs = 0;
  evaluationMs = 0;
  blockedMs = 0;
  longestBlockMs = 0;
  loss = 0;
  lookahead = '';
  readonly #marks: { atMs: number; samples: number }[] = [];
  #samples = 0;

  round(output: RoundOutput, nowMs: number): void {
    this.rounds++;
    this.localSteps += output.localSteps;
    this.computeMs += output.computeMs;
    this.codecMs += output.codecMs;
    this.loss = output.loss;
    this.lookahead = output.lookahead;
    this.#samples += output.samples;
    if (output.frame !== null) {
      this.publishedBytes += output.frame.bytes.length;
      this.publishedPayloadBytes += payloadBytes(output.frame.bytes);
    }
    this.#marks.push({ atMs: nowMs, samples: this.#samples });
    // Two are kept however long a round takes.
    while (this.#marks.length > 2 && this.#marks[0]!.atMs < nowMs - RATE_SPAN_MS) this.#marks.shift();
  }

  /** The peer computed nothing for so long, for the exchange was not ready. */
  blocked(forMs: number): void {
    this.blockedMs += forMs;
    this.longestBlockMs = Math.max(this.longestBlockMs, forMs);
  }

  /** Own samples a second of late; 0 before the second round. */
  samplesPerSecond(): number {
    const first = this.#marks[0];
    const last = this.#marks.at(-1);
    if (first === undefined || last === undefined || last.atMs === first.atMs) return 0;
    return (1000 * (last.samples - first.samples)) / (last.atMs - first.atMs);
  }
}
