// What a random walk does inside the page. Everything goes through JupyterLab's own commands, editors and models.
window.walk = (() => {
  const app = () => window.jupyterapp;
  const panel = () => {
    // The notebook in front; a page has one document, perhaps in two views.
    const current = app().shell.currentWidget;
    return current?.content?.widgets && current.context ? current : [...app().shell.widgets('main')].find(w => w.content?.widgets);
  };
  const notebook = () => panel().content;
  const at = (fraction, length) => Math.min(length - 1, Math.floor(fraction * length));

  return {
    // Half a character, which two people can make of one, is another to each of them until it is sent or written.
    state: () => panel().context.model.sharedModel.cells.map(c => [c.getId(), c.cell_type, c.getSource().toWellFormed()]),

    like: async (cells, patience) => {
      const wanted = JSON.stringify(cells);
      const now = () => JSON.stringify(window.walk.state());
      for (const until = Date.now() + patience; now() !== wanted && Date.now() < until; ) {
        await new Promise(done => setTimeout(done, 10));
      }
      return now() === wanted;
    },

    // Only a page that shares its notebook says whose it is.
    participant: () => panel().context.model.sharedModel.awareness.getLocalState()?.prompter?.participant ?? null,

    has: name => app().commands.hasCommand(name),

    select: (cell, count) => {
      const book = notebook();
      const first = at(cell, book.widgets.length);
      book.mode = 'command';
      book.deselectAll();
      book.activeCellIndex = first;
      if (count > 1) {
        book.extendContiguousSelectionTo(Math.min(book.widgets.length - 1, first + count - 1));
      }
    },

    edit: async (cell, place) => {
      const book = notebook();
      book.deselectAll();
      book.activeCellIndex = at(cell, book.widgets.length);
      const active = book.activeCell;
      if (active.model.type === 'markdown') {
        active.rendered = false;
      }
      await active.ready;
      book.mode = 'edit';
      active.editor.focus();
      const text = active.model.sharedModel.getSource();
      let offset = Math.min(text.length, Math.floor(place * (text.length + 1)));
      if (/[\udc00-\udfff]/.test(text[offset] ?? '')) {
        offset -= 1;
      }
      active.editor.setCursorPosition(active.editor.getPositionAt(offset));
      // Typing must go to the editor and nowhere else: as commands, letters do anything.
      return active.editor.hasFocus();
    },

    editing: () => notebook().activeCell?.editor?.hasFocus() ?? false,

    run: async (name, wait) => {
      if (app().commands.hasCommand(name)) {
        const done = app().commands.execute(name).catch(() => null);
        if (wait) {
          await done;
        }
      }
    },

    // A command on some cells, and what is there then: in one go, since each way into the page takes time.
    command: async (name, cell, count, wait) => {
      window.walk.select(cell, count);
      await window.walk.run(name, wait);
      return window.walk.state();
    },

    idle: async () => {
      const kernel = panel().sessionContext.session?.kernel;
      // What cells say of themselves is no sign: one that was moved, or was Markdown, while it ran says for ever that it runs.
      // A cell that was deleted while it waited for its turn is in no notebook, but the kernel still owes an answer.
      const pause = ms => new Promise(done => setTimeout(done, ms, false));
      const over = request => Promise.race([request.done.then(() => true, () => true), pause(0)]);
      const owing = async () => {
        const requests = [...(kernel?._futures.values() ?? [])].filter(each => each.msg.header.msg_type === 'execute_request');
        return (await Promise.all(requests.map(over))).includes(false);
      };
      for (let looks = 0; kernel?.status !== 'idle' || await owing(); looks++) {
        if (looks === 6000) {
          throw new Error(`the kernel does not come to rest: ${kernel?.status}, owes ${await owing()}`);
        }
        await pause(10);
      }
    },

    begun: async () => {
      const kernel = panel().sessionContext.session?.kernel;
      for (let frames = 0; frames < 1000 && kernel?.status !== 'busy'; frames++) {
        await new Promise(done => setTimeout(done, 10));
      }
    },

    tool: (cell, text) => {
      const cells = panel().context.model.sharedModel.cells;
      cells[at(cell, cells.length)]?.setSource(text);
    },

    shared: () => panel().context.model.collaborative,
    revert: () => panel().context.revert().then(() => null),
    checkpoint: async () => {
      await panel().context.restoreCheckpoint();
      await panel().context.revert();
    },
    rename: name => panel().context.rename(name).then(() => null),
    path: () => panel().context.path,
    dirty: () => panel().context.model.dirty,
    autosaves: () => app().commands.isToggled('docmanager:toggle-autosave'),
    views: () => [...app().shell.widgets('main')].filter(w => w.content?.widgets).length,
    dispose: () => { panel().dispose(); },
    open: path => app().commands.execute('docmanager:open', { path }).then(() => null),
    close: () => { void panel().close(); },

    ready: async () => {
      const { sessionContext } = panel();
      await panel().context.ready;
      await sessionContext.ready;
    }
  };
})();
