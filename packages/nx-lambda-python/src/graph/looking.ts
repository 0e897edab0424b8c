/** One look at the workspace for each computation of the graph: Nx asks for the projects, then for their edges. */

import { workspaceLooks } from '../platform/files/workspace-looks';
import { recordLooks, type Recorder } from './graph-cache';

let latest: { root: string; recorder: Recorder } | undefined;

/** Sees the workspace as it is now. */
export function startLooking(root: string): Recorder {
  latest = { root, recorder: recordLooks(workspaceLooks(root)) };
  return latest.recorder;
}

/** Sees it as `startLooking` did, once: the next computation has to begin with that again. */
export function goOnLooking(root: string): Recorder {
  const { recorder } = latest?.root === root ? latest : { recorder: startLooking(root) };
  latest = undefined;
  return recorder;
}
