-- The words of the index, in their order: what begins as a word that somebody types is looked up here.
CREATE VIRTUAL TABLE `search_words` USING fts5vocab(`search_docs`, 'instance');
