/**
 * Reads a script and writes it with a clock around its functions: `clocked.enter(name)` before the body, `clocked.leave()` after
 * it. Async functions are taken apart, so that what comes after an `await` is clocked too: the page's own `__awaiter`
 * (own_work.py) runs their parts.
 *
 *     node clocked.mjs ['["name", ...]'] < script > clocked script
 *
 * With names only those functions are clocked.
 */

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const ts = createRequire(new URL('../lab-extension/', import.meta.url))('typescript');
const { factory } = ts;

const only = process.argv[2] === undefined ? null : new Set(JSON.parse(process.argv[2]));

const call = (name, ...given) =>
  factory.createExpressionStatement(
    factory.createCallExpression(
      factory.createPropertyAccessExpression(factory.createIdentifier('clocked'), name),
      undefined,
      given.map(text => factory.createStringLiteral(text))
    )
  );

/** What a function is called, or what it is given to, and where it stands. */
function nameOf(node) {
  const original = ts.getOriginalNode(node);
  const name = original.name ?? original.parent?.name ?? original.parent?.left ?? original.parent?.expression;
  const file = original.getSourceFile();
  const called = file && name && name.pos >= 0 ? name.getText(file).slice(-40) : 'function';
  return `${called}@${original.pos}`;
}

function around(body, name) {
  const directives = body.statements.findIndex(statement => !ts.isPrologueDirective(statement));
  const first = directives === -1 ? body.statements.length : directives;
  return factory.createBlock([
    ...body.statements.slice(0, first),
    call('enter', name),
    factory.createTryStatement(
      factory.createBlock(body.statements.slice(first)),
      undefined,
      factory.createBlock([call('leave')])
    )
  ]);
}

function clock(node) {
  const { body } = node;
  const { name, parameters, modifiers, asteriskToken } = node;
  if (!body || asteriskToken) {
    return node; // a generator's parts are run by whoever asks for the next one
  }
  const title = nameOf(node);
  if (only !== null && !only.has(title)) {
    return node;
  }
  if (ts.isArrowFunction(node)) {
    const block = ts.isBlock(body) ? body : factory.createBlock([factory.createReturnStatement(body)]);
    return factory.createArrowFunction(modifiers, undefined, parameters, undefined, undefined, around(block, title));
  }
  const clocked = around(body, title);
  switch (node.kind) {
    case ts.SyntaxKind.FunctionDeclaration:
      return factory.createFunctionDeclaration(modifiers, undefined, name, undefined, parameters, undefined, clocked);
    case ts.SyntaxKind.FunctionExpression:
      return factory.createFunctionExpression(modifiers, undefined, name, undefined, parameters, undefined, clocked);
    case ts.SyntaxKind.MethodDeclaration:
      return factory.createMethodDeclaration(
        modifiers,
        undefined,
        name,
        undefined,
        undefined,
        parameters,
        undefined,
        clocked
      );
    case ts.SyntaxKind.GetAccessor:
      return factory.createGetAccessorDeclaration(modifiers, name, parameters, undefined, clocked);
    case ts.SyntaxKind.SetAccessor:
      return factory.createSetAccessorDeclaration(modifiers, name, parameters, clocked);
    case ts.SyntaxKind.Constructor:
      return factory.createConstructorDeclaration(modifiers, parameters, clocked);
    default:
      return node;
  }
}

const clocking = context => file => {
  const visit = node => clock(ts.visitEachChild(node, visit, context));
  return ts.visitNode(file, visit);
};

/** `super(), rest` as two statements: only so the compiler finds where a class's fields belong. */
const parting = context => file => {
  const part = statement =>
    ts.isExpressionStatement(statement) && isComma(statement.expression)
      ? [statement.expression.left, statement.expression.right]
          .map(expression => factory.createExpressionStatement(expression))
          .flatMap(part)
      : [statement];
  const visit = node => {
    const seen = ts.visitEachChild(node, visit, context);
    return ts.isBlock(seen) ? factory.updateBlock(seen, seen.statements.flatMap(part)) : seen;
  };
  return ts.visitNode(file, visit);
};

const isComma = node => ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.CommaToken;

const { outputText } = ts.transpileModule(readFileSync(0, 'utf8'), {
  setParentNodes: true,
  compilerOptions: {
    target: ts.ScriptTarget.ES2016,
    module: ts.ModuleKind.None,
    removeComments: true
  },
  fileName: 'script.js',
  transformers: { before: [parting], after: [clocking] }
});
process.stdout.write(outputText);
