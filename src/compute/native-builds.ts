interface NativeBuild {
  readonly packageName: string;
  /** Below the user's folder of TensorFlow, with a `node_modules` of its own. */
  readonly folder: string;
  /** What puts it there. */
  readonly setup: string;
}

/** TensorFlow's C library behind TensorFlow.js, in its two builds. */
export const nativeBuilds = {
  'tensorflow-gpu': {
    packageName: '@tensorflow/tfjs-node-gpu',
    folder: 'gpu',
    setup: 'murmur setup tensorflow --gpu',
  },
  tensorflow: { packageName: '@tensorflow/tfjs-node', folder: 'cpu', setup: 'murmur setup tensorflow' },
} as const satisfies Record<string, NativeBuild>;
export type NativeBackend = keyof typeof nativeBuilds;

/** Both packages register with TensorFlow.js under this name. */
export const NATIVE_ENGINE = 'tensorflow';

/**
 * What the library reads from the process's environment as it starts. To be set by the main thread: in a worker,
 * `process.env` is a copy that C does not see. Several peers share a machine, and dense layers are slower with two
 * threads than with one, so one each unless the user says otherwise; of its log only errors are let through.
 */
export const nativeEnvironment = { TF_CPP_MIN_LOG_LEVEL: '2', TF_NUM_INTRAOP_THREADS: '1' } as const;
