import { LambdaPythonError } from './errors';
import { renderBytes, renderError } from './report';

describe('renderError', () => {
  it('shows code, message and hint', () => {
    const error = new LambdaPythonError('DISK_FULL', { message: 'no space', hint: 'free some' });
    expect(renderError(error)).toBe('error[DISK_FULL]: no space\nhint: free some');
  });

  it('shows the stack of a defect', () => {
    expect(renderError(new TypeError('x'))).toContain('report.spec');
    expect(renderError('text')).toBe('text');
  });
});

it.each([
  [0, '0.0 kB'],
  [12_340, '12.3 kB'],
  [4_654_881, '4.7 MB'],
])('renderBytes(%d) is %s', (bytes, text) => expect(renderBytes(bytes)).toBe(text));
