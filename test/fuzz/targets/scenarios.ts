import assert from 'node:assert/strict';
import { resolveScenario, type ScenarioDefinition } from '../../../scenarios/define-scenario.ts';
import { applyOverrides, parseOverride } from '../../../scenarios/overrides.ts';
import type { Random } from '../../../src/support/random.ts';
import type { FuzzTarget } from '../fuzz.ts';
import { mutatedText, mutatedValue, pick } from '../mutations.ts';

const sound: ScenarioDefinition = {
  name: 'sound',
  describe: 'one that works',
  seed: 3,
  peers: 4,
  model: 'mlp-100',
  data: { kind: 'digits', train: 600 },
  training: { batch: 16, rate: 0.1 },
  exchange: { localSteps: 2, warmup: [0.5, 0.1], lookahead: 'auto' },
  evaluation: { samples: 100 },
  target: { value: 0.9 },
  limits: { samples: 100_000, seconds: 100 },
};

const settings = [
  'peers=4',
  'exchange.localSteps=1',
  'exchange.warmup=[0.5,0.1]',
  'exchange.lookahead=recent',
  'data.path=null',
  'target.value=0.97',
  'limits.samples=1e6',
];

/** Such as JSON cannot hold. */
const odd = (random: Random): unknown => {
  const circle: Record<string, unknown> = {};
  circle['self'] = circle;
  return pick(random, [1n, circle, () => 1, Symbol('x'), new Date(0), new Map(), new Float32Array(2)]);
};

/** What a script may export. */
export const scenarioObjects: FuzzTarget = {
  name: 'scenario',
  perMille: 15,
  codes: ['CONFIG_INVALID'],
  attempt(random) {
    const changed = mutatedValue(random, sound);
    const hostile = random.below(6) === 0 ? { ...sound, [pick(random, Object.keys(sound))]: odd(random) } : changed;
    const { peers, limits } = resolveScenario(hostile);
    assert.ok(Number.isInteger(peers) && peers >= 1 && Number.isInteger(limits.samples));
  },
};

/** What `--set` takes. */
export const overrides: FuzzTarget = {
  name: 'override',
  perMille: 15,
  codes: ['CONFIG_INVALID'],
  attempt(random) {
    const texts = Array.from({ length: 1 + random.below(3) }, () => mutatedText(random, pick(random, settings)));
    const changed = applyOverrides(sound, texts.map(parseOverride));
    assert.equal(Object.getPrototypeOf(changed), Object.prototype);
    assert.equal(sound.peers, 4);
    resolveScenario(changed);
  },
};
