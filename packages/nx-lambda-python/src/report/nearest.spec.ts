import { nearest } from './nearest';

describe('nearest', () => {
  it('suggests what is close, nearest first, and nothing else', () => {
    expect(nearest('creat_order', ['create_order', 'create_orders', 'refund'])).toEqual([
      'create_order',
      'create_orders',
    ]);
    expect(nearest('x', ['orders'])).toEqual([]);
  });
});
