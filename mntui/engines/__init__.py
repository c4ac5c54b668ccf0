"""Where runs live, behind one protocol: the worker of this machine now, an engine of many machines later."""
