/** What a scenario script imports from `murmuration`. */
// Building a model makes its first weights, for which TensorFlow.js needs some backend; peers choose their own.
import '@tensorflow/tfjs-backend-cpu';
import { enableProdMode } from '@tensorflow/tfjs-core';

export * as tf from '@tensorflow/tfjs-layers';
export { defineScenario, type ModelSource, type ScenarioDefinition } from './define-scenario.ts';

// Silences the advice that this backend prints at its first use.
enableProdMode();
