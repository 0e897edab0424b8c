import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readNetrc, selectHosts } from './secrets';
import { temporaryDirectory } from '../../temporary.fixtures';

const TEXT = `
# machine commented login no password no
machine one.host login me password s3cret
machine two.host
  login "my name"
  account ignored
  password "a \\"quoted\\" one"
macdef init
  machine macro.host login no password no

machine three.host login x password y
default login anyone password anything
`;

describe('selectHosts', () => {
  it('keeps the hosts that are asked, as they are written', () => {
    expect(selectHosts(TEXT, ['two.host', 'one.host', 'one.host'])).toEqual({
      text: [
        'machine one.host login me password s3cret\n',
        'machine two.host login "my name" password "a \\"quoted\\" one"\n',
      ].join(''),
      userInfos: [
        'me:s3cret',
        'me:s3cret',
        '"my name":"a \\"quoted\\" one"',
        'my name:a "quoted" one',
      ],
    });
  });

  it('gives the default entry to hosts without one, and only those', () => {
    expect(selectHosts(TEXT, ['macro.host', 'three.host']).text).toBe(
      'machine macro.host login anyone password anything\nmachine three.host login x password y\n',
    );
  });

  it('is nothing where no host is listed', () => {
    expect(selectHosts('machine a login b password c', ['d'])).toEqual({
      text: undefined,
      userInfos: [],
    });
  });
});

describe('readNetrc', () => {
  let directory: string;
  beforeEach(() => (directory = temporaryDirectory()));

  it('takes the file that NETRC names, else that of the home directory', () => {
    writeFileSync(join(directory, '.netrc'), 'machine h login home password x');
    writeFileSync(join(directory, 'named'), 'machine h login named password x');
    expect(readNetrc(['h'], {}, directory).text).toContain('home');
    expect(readNetrc(['h'], { NETRC: join(directory, 'named') }, directory).text).toContain(
      'named',
    );
    expect(readNetrc(['h'], { NETRC: join(directory, 'none') }, directory).text).toBeUndefined();
  });
});
