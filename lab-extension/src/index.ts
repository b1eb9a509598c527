/** The plugins of this extension. */

import type { JupyterFrontEndPlugin } from '@jupyterlab/application';

import { capturePlugin } from './capture/plugin';
import { deliveryPlugin } from './delivery/plugin';
import { historyPlugin } from './history/plugin';
import { promptingPlugin } from './prompting/plugin';
import { statusPlugin } from './status/plugin';

const plugins: JupyterFrontEndPlugin<unknown>[] = [
  deliveryPlugin,
  capturePlugin,
  promptingPlugin,
  statusPlugin,
  historyPlugin
];

export default plugins;
