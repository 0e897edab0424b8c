/** How generators fail: Nx prints an error's message, so the message becomes the form that executors print. */

import type { GeneratorCallback, Tree } from '@nx/devkit';
import { renderError } from '../report/error-text';

type Generator<Schema> = (tree: Tree, schema: Schema) => Promise<GeneratorCallback | void>;

/** Wraps a generator: what it throws has the form that executors print. */
export function reporting<Schema>(generator: Generator<Schema>): Generator<Schema> {
  return async (tree, schema) => {
    try {
      return await generator(tree, schema);
    } catch (error) {
      throw shown(error);
    }
  };
}

function shown(error: unknown): Error {
  const rendered = new Error(renderError(error), { cause: error });
  // Without a stack Nx does not offer to print one: the user's next step is the hint, and a defect has its own above.
  delete rendered.stack;
  return rendered;
}
