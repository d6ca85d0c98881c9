// Takes the place of packages that others use only if they are installed: they are asked for, and may be missing.
throw new Error('this package is not part of the program');
