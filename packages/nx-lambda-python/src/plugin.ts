/** What Nx loads: inference alone, so that no Nx command pays for what only executors need. */

export { createNodes, createNodesV2, type PluginOptions } from './graph/create-nodes';
export { preTasksExecution } from './graph/before-tasks';
export { createDependencies } from './graph/create-dependencies';

export const name = 'nx-lambda-python';
