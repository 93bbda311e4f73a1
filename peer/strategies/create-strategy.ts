import { DenseStrategy } from './dense.ts';
import { NoneStrategy } from './none.ts';
import { PartialStrategy } from './partial.ts';
import type { Strategy, StrategyComponents } from './strategy.ts';

/** The strategy that the manifest names. */
export function createStrategy(components: StrategyComponents): Strategy {
  switch (components.manifest.exchange.strategy) {
    case 'partial':
      return new PartialStrategy(components);
    case 'dense':
      return new DenseStrategy(components);
    case 'none':
      return new NoneStrategy(components);
  }
}
