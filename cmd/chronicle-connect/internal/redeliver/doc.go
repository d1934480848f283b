// Package redeliver is the subcommand redeliver: it sends what a pipeline kept as
// refused to where it was meant to go, through the pipeline itself, and says what is
// left. It must not know single destinations; how one is asked, and when it has said
// yes, is the pipeline's to say. Of route.yaml it knows that replay.yaml sends its dead
// letters.
//
// The file is moved aside first ([aside]), so that the pipeline may go on writing to
// it. A [session] lives for one such file: the records are read ([records]) and told
// apart by the pipeline that sends them ([config]), each of these pipelines runs with
// the records as its input ([feed]), what is refused again goes into the file of the
// old name by the output chronicle_refused itself, and what was not settled is put back
// there. Only then is what was moved aside deleted, so a process that is killed loses
// nothing: the next one takes it up.
package redeliver
