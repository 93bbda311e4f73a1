import type { Network } from '../../protocols/network.ts';
import type { UpdateSource } from '../../protocols/updates/update-source.ts';
import { isGossip, type Manifest } from '../../src/manifest.ts';
import type { PeerName } from '../../src/sum/origin.ts';
import type { Clock } from '../../src/support/clock.ts';
import type { Inbox } from '../exchange/inbox.ts';
import type { Members } from '../membership/members.ts';
import type { Narrator } from '../narrator.ts';
import type { DelayMeter } from '../progress/delay-meter.ts';
import type { Tally } from '../progress/tally.ts';
import type { RoundOutput } from '../replica/replica-host.ts';
import { LinkCapacity } from './link-capacity.ts';
import { RoundMeter } from './round-meter.ts';
import type { ExchangeSetting } from './setting.ts';
import { TransitMeter } from './transit-meter.ts';
import { bytesPerSecondOf, type Conditions, LOW_DENSITY, tune } from './tune.ts';

/** Between two decisions: long enough for receivers to have told what they took, which they do once a second at least. */
export const DECISION_MS = 1_000;
/** A stated budget is aimed at from below: it is never exceeded by more than a twentieth. */
const BUDGET_SHARE = 0.95;
/** A density that changes by less leaves everything as it is. */
const NOTICED_CHANGE = 0.04;
/** Of what is allowed, at least so much is for updates: statuses pace themselves, and those that peers meet with are a burst. */
const LEAST_UPDATE_SHARE = 0.5;
/** What every transit varies by, beside two rounds: the timers of both ends. */
const TRANSIT_SLACK_MS = 150;

export interface AutoComponents {
  readonly clock: Clock;
  readonly network: Network;
  readonly members: Members;
  readonly inbox: Inbox;
  readonly source: UpdateSource;
  readonly delays: DelayMeter;
  readonly tally: Tally;
  readonly narrator: Narrator;
}

export interface AutoInit {
  readonly manifest: Manifest;
  readonly parameters: number;
}

/**
 * Sets local steps, partitions and density together, about once a second, so that what leaves this peer stays at its
 * budget, or at what its link carries, and tells every decision (design, section 2).
 */
export class AutoControl {
  readonly #components: AutoComponents;
  readonly #init: AutoInit;
  readonly #transits = new TransitMeter();
  readonly #rounds: RoundMeter;
  readonly #budgetBytesPerSecond: number | null;
  #capacity: LinkCapacity | null = null;
  #setting: ExchangeSetting;
  #startMs: number | null = null;
  /** Of the tally, at the last decision. */
  #blockedMs = 0;

  constructor(components: AutoComponents, init: AutoInit) {
    const { localSteps, partitions, density, budgetBytesPerSecond } = init.manifest.exchange;
    this.#components = components;
    this.#init = init;
    // Without a budget it begins in the middle of what is worth saying: where that is too much a queue tells it late.
    this.#setting = { localSteps, partitions, density: budgetBytesPerSecond === null ? 2 * LOW_DENSITY : density };
    this.#budgetBytesPerSecond = budgetBytesPerSecond;
    this.#rounds = new RoundMeter(components, isGossip(init.manifest));
  }

  setting(): ExchangeSetting {
    const { clock, source, members } = this.#components;
    const nowMs = clock.nowMs();
    const isAwaited = (peer: PeerName) => members.isAwaited(peer);
    this.#transits.observe(source.taken(isAwaited), nowMs);
    if (this.#startMs === null) {
      this.#startMs = nowMs;
      this.#rounds.begin();
    }
    if (this.#rounds.rounds > 0 && nowMs - this.#startMs >= DECISION_MS) this.#decide(nowMs);
    return this.#setting;
  }

  ended(output: RoundOutput): void {
    const { frame } = output;
    if (frame === null) return;
    const nowMs = this.#components.clock.nowMs();
    this.#transits.published(frame.sequence, frame.bytes.length, nowMs);
    this.#rounds.ended(output);
  }

  #decide(nowMs: number): void {
    const { members, delays, tally, narrator } = this.#components;
    const contributing = members.contributing();
    const receivers = contributing - 1;
    const elapsedMs = nowMs - this.#startMs!;
    const seen = this.#rounds.take(elapsedMs, tally.blockedMs - this.#blockedMs, contributing);
    this.#startMs = nowMs;
    this.#blockedMs = tally.blockedMs;
    if (receivers === 0) return;
    const ageMs = seen.pendingMs + delays.delayMs;
    const conditions: Conditions = {
      parameters: this.#init.parameters,
      receivers,
      stepMs: seen.stepMs,
      restMs: seen.restMs,
      lastingBytesPerSecond: 0,
      bytesPerSecond: 0,
      correction: 1,
      ageSteps: ageMs / seen.stepMs,
      residueShare: seen.residueShare,
    };
    const foretold = bytesPerSecondOf(this.#setting, conditions);
    const correction = this.#rounds.correct(seen.updateBytesPerSecond / foretold, elapsedMs);
    const capacity = this.#capacityFrom(foretold * correction);
    const takenBytesPerSecond = this.#transits.takenBytesPerSecond();
    const slackMs = 2 * (seen.stepMs * this.#setting.localSteps + seen.restMs) + TRANSIT_SLACK_MS;
    capacity.observe({
      nowMs,
      elapsedMs,
      sentBytesPerSecond: seen.sentBytesPerSecond,
      deliveredBytesPerSecond: takenBytesPerSecond && receivers * takenBytesPerSecond + seen.otherBytesPerSecond,
      queueMs: Math.max(0, this.#transits.excessMs(DECISION_MS, nowMs) - slackMs),
    });
    const allowed = capacity.allowedBytesPerSecond;
    const forUpdates = (bytesPerSecond: number) =>
      Math.max(LEAST_UPDATE_SHARE * bytesPerSecond, bytesPerSecond - seen.otherBytesPerSecond);
    const next = tune(this.#setting, {
      ...conditions,
      correction,
      lastingBytesPerSecond: forUpdates(capacity.lastingBytesPerSecond),
      bytesPerSecond: forUpdates(allowed),
    });
    if (!differs(this.#setting, next)) return;
    this.#setting = next;
    narrator.say({
      type: 'tuned',
      ...next,
      reason: capacity.isDraining ? 'queue' : 'egress',
      allowedBytesPerSecond: allowed,
      sentBytesPerSecond: seen.sentBytesPerSecond,
      ageSeconds: ageMs / 1000,
      residueShare: seen.residueShare,
    });
  }

  #capacityFrom(sentBytesPerSecond: number): LinkCapacity {
    const budget = this.#budgetBytesPerSecond;
    // A budget is taken to be what the link carries, until a queue tells otherwise.
    this.#capacity ??=
      budget === null
        ? new LinkCapacity(sentBytesPerSecond, Number.POSITIVE_INFINITY)
        : new LinkCapacity(Number.POSITIVE_INFINITY, BUDGET_SHARE * budget);
    return this.#capacity;
  }
}

function differs(one: ExchangeSetting, other: ExchangeSetting): boolean {
  if (one.localSteps !== other.localSteps || one.partitions !== other.partitions) return true;
  return Math.abs(Math.log(one.density / other.density)) > NOTICED_CHANGE;
}
