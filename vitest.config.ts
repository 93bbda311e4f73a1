import { defineConfig } from 'vitest/config';
import { plantedBugsPlugin } from './test/simulation/planted-bugs/plugin.ts';

export default defineConfig({
  plugins: [plantedBugsPlugin],
  test: {
    include: ['test/**/*.test.ts'],
    setupFiles: ['src/support/polyfill.ts'],
    // Real processes, sockets and training steps run in some tests, on machines of two cores.
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
