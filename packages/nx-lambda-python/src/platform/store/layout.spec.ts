import { join } from 'node:path';
import { storeDirectory } from './layout';

describe('storeDirectory', () => {
  it('is where the environment says, with the format in its path', () => {
    expect(storeDirectory({ NX_LAMBDA_PYTHON_CACHE_DIRECTORY: '/cache' })).toBe(
      join('/cache', 'v1'),
    );
  });
});
