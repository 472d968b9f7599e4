'use strict';
const test = require('node:test');
const assert = require('node:assert');
const explore = require('../../app/assets/explore.js');
const { scaleFor } = require('../../app/assets/canvas/89_addressed.js');

test('a table says how old it is', () => {
  assert.strictEqual(explore.ageInWords(null, 5), 'Not there yet.');
  assert.strictEqual(explore.ageInWords({ seq: 5, n: 1 }, 5), '1 object, up to date');
  assert.strictEqual(explore.ageInWords({ seq: 5, n: 1200 }, 7), '1,200 objects; 2 changes since');
});

test('a file is narrowed and sorted as the grid is', () => {
  const columns = [{ colId: 'area', sort: 'desc', sortIndex: 1 }, { colId: 'label', sort: 'asc', sortIndex: 0 }, { colId: 'x' }];
  const query = explore.queryOf({ area: { type: 'blank' } }, columns);
  assert.deepStrictEqual(JSON.parse(query.get('filter')), { area: { type: 'blank' } });
  assert.deepStrictEqual(JSON.parse(query.get('sort')).map(({ colId }) => colId), ['label', 'area']);
  assert.strictEqual(explore.queryOf({}, []).toString(), '');
});

test('a row leads to its object', () => {
  assert.strictEqual(explore.placeOf('cats', { image_id: 7, uid: 'a b' }), '/p/cats/annotate/7?object=a%20b');
});

test('an object that the address names fills a fifth of the stage at most', () => {
  assert.strictEqual(scaleFor([0, 0, 100, 10], { width: 1000, height: 500 }), 2);
  assert.strictEqual(scaleFor([0, 0, 1, 1], { width: 1000, height: 500 }), 8);
});
