import type { Manifest } from '../../src/manifest.ts';
import type { RoundOutput } from '../replica/replica-host.ts';
import { type AutoComponents, AutoControl, type AutoInit } from './auto-control.ts';
import { type ExchangeSetting, fixedSetting } from './setting.ts';

/** Who says how much the rounds of a peer take and tell. */
export interface ExchangeControl {
  /** For the round that starts now. */
  setting(swarmSamples: number): ExchangeSetting;
  /** A round is over. */
  ended(output: RoundOutput): void;
}

/** The control that the manifest asks for. */
export function createControl(components: AutoComponents, init: AutoInit & { manifest: Manifest }): ExchangeControl {
  const { exchange } = init.manifest;
  if (exchange.strategy === 'partial' && exchange.control === 'auto') return new AutoControl(components, init);
  return { setting: fixedSetting(init.manifest), ended: () => {} };
}
