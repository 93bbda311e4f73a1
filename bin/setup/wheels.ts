import { type NativeBackend, nativeBuilds } from '../../src/compute/native-builds.ts';
import type { PublishedFile } from '../../src/support/download.ts';
import { MurmurError } from '../../src/support/errors.ts';

/** A file of a Python package index that holds libraries we use; nothing of Python in it is touched. */
export interface Wheel extends PublishedFile {
  /** As the index spells it. */
  readonly project: string;
}

/** The smallest with `libtensorflow_cc` in it, and no slower than later ones. */
const cpuX64: Wheel = {
  project: 'tensorflow-cpu',
  name: 'tensorflow_cpu-2.13.1-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl',
  bytes: 186_594_601,
  sha256: '87be6e61314b2c0fa062f71e26e41d6a17e162ffe4da72c820fe8f1fc94d97fe',
};
/** The same release as for GPUs: before 2.16 the project had no files for this platform. */
const cpuArm64: Wheel = {
  project: 'tensorflow',
  name: 'tensorflow-2.18.1-cp312-cp312-manylinux_2_17_aarch64.manylinux2014_aarch64.whl',
  bytes: 231_996_787,
  sha256: '1ba52b9c06ab8102b31e50acfaf56899b923171e603c8942f2bfeb181d6bb59e',
};

/** Code for compute capability 6.0 to 9.0, and PTX for what comes after; with the CUDA libraries that it asks for. */
const gpuX64: readonly Wheel[] = [
  {
    project: 'tensorflow',
    name: 'tensorflow-2.18.1-cp312-cp312-manylinux_2_17_x86_64.manylinux2014_x86_64.whl',
    bytes: 615_623_178,
    sha256: '442d2a774811789a8ad948e7286cb950fe3d87d3754e8cc6449d53b03dbfdaa6',
  },
  cuda('cublas', '12.5.3.2', 363_313_169, 'ca070ad70e9fa6654084575d01bd001f30cc4665e33d4bb9fc8e0f321caa034b'),
  cuda('cuda_cupti', '12.5.82', 13_811_507, 'bde77a5feb66752ec61db2adfe47f56b941842825b4c7e2068aff27c9d107953'),
  cuda('cuda_nvcc', '12.5.82', 22_468_537, 'b03e545b8e8c3ce7ebcd7fc44063180ff52ff01d064ece2127ed90a04ef12cd0'),
  cuda('cuda_nvrtc', '12.5.82', 24_873_108, '3dbd97b0104b4bfbc3c4f8c79cd2496307c89c43c29a9f83125f1d76296ff3fd'),
  cuda('cuda_runtime', '12.5.82', 895_707, '3e79a060e126df40fd3a068f3f787eb000fa51b251ec6cd97d09579632687115'),
  cuda('cudnn', '9.3.0.75', 577_163_502, '9ad9c6929ebb5295eb4a1728024666d1c88283373e265a0c5c883e6f9d5cd76d'),
  cuda('cufft', '11.2.3.61', 192_524_114, '9a6e8df162585750f61983a638104a48c756aa13f9f48e19ab079b38e3c828b8'),
  cuda('curand', '10.3.6.82', 56_309_107, '2823fb27de4e44dbb22394a6adf53aa6e1b013aca0f8c22867d1cfae58405536'),
  cuda('cusolver', '11.6.3.83', 130_341_232, '93cfafacde4428b71778eeb092ec615a02a3d05404da1bcf91c53e3fa1bce42b'),
  cuda('cusparse', '12.5.1.3', 217_558_979, '016df8e993c437e8301e62739f01775cba988fd5253cd4c64173f8e8d2f8e752'),
  cuda('nccl', '2.21.5', 188_654_414, '8579076d30a8c24988834445f8d633c697d42397e92ffc3f63fa26766d25e0a0'),
  cuda('nvjitlink', '12.5.82', 21_298_879, 'f9b37bc5c8cf7509665cb6ada5aaa0ce65618f2332b7d3e78e9790511f111212'),
];

const wheels: Readonly<Record<string, readonly Wheel[]>> = {
  'tensorflow linux-x64': [cpuX64],
  'tensorflow linux-arm64': [cpuArm64],
  'tensorflow-gpu linux-x64': gpuX64,
};

/**
 * What a backend is built from. The files are named and their sums known here, whatever index they then come from.
 *
 * @param platform operating system and processor as Node calls them, `linux-x64`
 * @throws BACKEND_UNAVAILABLE where nobody publishes the library for the platform
 */
export function wheelsOf(backend: NativeBackend, platform: string): readonly Wheel[] {
  const found = wheels[`${backend} ${platform}`];
  if (found !== undefined) return found;
  const present = Object.keys(wheels).filter((key) => key.startsWith(`${backend} `));
  throw new MurmurError({
    code: 'BACKEND_UNAVAILABLE',
    backend,
    problem: `cannot be set up on ${platform}, only on ${present.map((key) => key.split(' ')[1]).join(' and ')}`,
    mend: `use --backend wasm, which runs everywhere, or let npm install ${nativeBuilds[backend].packageName} as it can`,
  });
}

function cuda(part: string, version: string, bytes: number, sha256: string): Wheel {
  const name = `nvidia_${part}_cu12-${version}-py3-none-manylinux2014_x86_64.whl`;
  return { project: `nvidia-${part.replaceAll('_', '-')}-cu12`, name, bytes, sha256 };
}
