import { errorWith } from '../../errors.fixtures';
import type { Handler } from '../../service/discover';
import { DEFAULT_FUNCTION_NAME } from '../../service/function-name';
import { desiredFunctions, refuseOtherPlaces, selectFunctions } from './functions';
import { readGivenNames } from './given-names';

function handler(name: string, functionName?: string): Handler {
  return {
    name,
    file: `orders/handlers/${name}.py`,
    handler: `orders.handlers.${name}.handler`,
    ...(functionName === undefined ? {} : { functionName }),
  };
}

function desired(handlers: Handler[], template = DEFAULT_FUNCTION_NAME, stage?: string) {
  const naming = { template, stage, importPackage: 'orders' };
  return desiredFunctions({ project: 'svc', handlers }, naming);
}

describe('desiredFunctions', () => {
  it('names functions by the template, exceptions by the marker, sorted by name', () => {
    expect(desired([handler('refund'), handler('create', 'a-legacy')])).toEqual([
      {
        name: 'a-legacy',
        namedBy: 'functions table',
        handlerName: 'create',
        handler: 'orders.handlers.create.handler',
      },
      {
        name: 'svc-refund',
        namedBy: 'functionName',
        handlerName: 'refund',
        handler: 'orders.handlers.refund.handler',
      },
    ]);
  });

  it('takes the names of a file after the functions table and before the template', () => {
    const text = JSON.stringify({ add: 'x', refund: '111122223333:function:y' });
    const naming = (isComplete: boolean) => ({
      template: DEFAULT_FUNCTION_NAME,
      given: { names: readGivenNames({ file: 'out.json', text }), isComplete },
    });
    const handlers = [handler('add', 'own'), handler('pay'), handler('refund')];
    const named = desiredFunctions({ project: 'svc', handlers }, naming(false));
    expect(named.map(({ name, namedBy }) => `${name} by ${namedBy}`)).toEqual([
      'own by functions table',
      'svc-pay by functionName',
      'y by out.json: refund',
    ]);
    expect(() => desiredFunctions({ project: 'svc', handlers }, naming(true))).toThrow(
      errorWith('FUNCTION_NAME_INVALID', '`out.json`, which has no name for handler `pay`'),
    );
    expect(() => refuseOtherPlaces(named, '111122223333', 'eu-west-1')).not.toThrow();
    expect(() => refuseOtherPlaces(named, '444455556666', 'eu-west-1')).toThrow(
      errorWith('FUNCTION_MISMATCH', 'elsewhere than in 444455556666/eu-west-1: y in 111122223333'),
    );
  });

  it('fills stage and package', () => {
    const [one] = desired([handler('refund')], '{stage}_{package}_{handler}', 'prod');
    expect(one?.name).toBe('prod_orders_refund');
  });

  it('fills them in the names of the functions table, too', () => {
    const named = [
      handler('add', 'legacy-{stage}-add'),
      handler('refund', '{package}-{project}-{handler}'),
    ];
    expect(desired(named, DEFAULT_FUNCTION_NAME, 'prod').map(({ name }) => name)).toEqual([
      'legacy-prod-add',
      'orders-svc-refund',
    ]);
    expect(() => desired(named)).toThrow(
      'the function name `legacy-{stage}-add` of `add` contains `{stage}`, which is not set',
    );
    expect(() => desired([handler('a', 'x-{stage}'), handler('b', 'x-prod')], 'x', 'prod')).toThrow(
      'handlers `a` and `b` both name the function `x-prod`',
    );
  });

  it('refuses a template that asks for a stage where none is set', () => {
    expect(() => desired([handler('refund')], '{stage}-{handler}')).toThrow(
      errorWith('FUNCTION_NAME_INVALID'),
    );
  });

  it('refuses two handlers on one function', () => {
    expect(() => desired([handler('a'), handler('b')], '{project}')).toThrow(
      errorWith('FUNCTION_NAME_INVALID', 'handlers `a` and `b` both name the function `svc`'),
    );
  });
});

describe('selectFunctions', () => {
  const functions = desired(
    ['create_order', 'create_refund', 'purge'].map((name) => handler(name)),
  );
  const selected = (...only: string[]) =>
    selectFunctions(functions, only).map(({ handlerName }) => handlerName);

  it('takes all without a glob', () => {
    expect(selected()).toEqual(['create_order', 'create_refund', 'purge']);
  });

  it('matches handlers and functions', () => {
    expect(selected('create_*')).toEqual(['create_order', 'create_refund']);
    expect(selected('svc-purge', 'create_order')).toEqual(['create_order', 'purge']);
  });

  it.each([
    [['!purge'], ['create_order', 'create_refund']],
    [['!(purge)'], ['create_order', 'create_refund']],
    [['!svc-purge'], ['create_order', 'create_refund']],
    [['!(create_*|purge)', 'create_order'], null],
    [['!(create_refund|purge)'], ['create_order']],
    [['!create_*'], ['purge']],
    [['create_*', '!*_refund'], ['create_order']],
    [['!create_refund', '!purge'], ['create_order']],
    [['create_!(refund)'], ['create_order']],
    [['@(purge|create_order)'], ['create_order', 'purge']],
  ])('with %j is %j', (only, expected) => {
    if (expected) expect(selected(...only)).toEqual(expected);
    else expect(() => selected(...only)).toThrow('leaves none');
  });

  it.each(['!', '!!purge', '!(create_)order', '!(a|(b))', '!(purge', '!*'])(
    'refuses `%s`, which excludes nothing or all',
    (glob) => {
      expect(() => selected(glob)).toThrow(expect.objectContaining({ code: 'OPTION_INVALID' }));
    },
  );

  it('refuses an exclusion that matches nothing: more would be deployed than was meant', () => {
    expect(() => selected('!purged')).toThrow('got !purged, expected one of create_order');
  });

  it('refuses a glob that matches nothing, though others match', () => {
    expect(() => selected('purge', 'creat_*')).toThrow(
      errorWith('OPTION_INVALID', 'got creat_*, expected one of create_order'),
    );
  });
});
