/** Which files begin: without timings of an earlier run Jest takes the largest first, and the longest ones are small. */
const { default: Sequencer } = require('@jest/test-sequencer');

/** Of unit and e2e, by name, the longest first. */
const LONGEST = [
  ...[
    'upload-fault-matrix',
    'crash',
    'fault-matrix',
    'rollback-fault-matrix',
    'fault-matrix-layers',
  ],
  ...['poetry-lock', 'stale', 'engines', 'oracle', 'chain', 'store-kill', 'pip-failures'],
  ...['stages', 'adopting', 'interrupt', 'secrets'],
  ...['node-versions', 'requirement-locks', 'requirement-forms', 'lock', 'install', 'store'],
];

module.exports = class LongestFirst extends Sequencer {
  sort(tests) {
    const rank = ({ path }) => {
      const at = LONGEST.indexOf(path.replace(/^.*[\\/]|\.(spec|test)\.ts$/g, ''));
      return at === -1 ? LONGEST.length : at;
    };
    return [...super.sort(tests)].sort((a, b) => rank(a) - rank(b));
  }
};
