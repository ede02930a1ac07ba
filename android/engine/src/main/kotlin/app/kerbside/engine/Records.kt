package app.kerbside.engine

import app.kerbside.api.Answer
import app.kerbside.api.Bag
import app.kerbside.api.BagSize
import app.kerbside.api.Community
import app.kerbside.api.Contact
import app.kerbside.api.DropOff
import app.kerbside.api.Fact
import app.kerbside.api.Instruction
import app.kerbside.api.ItemName
import app.kerbside.api.Moment
import app.kerbside.api.NextCollection
import app.kerbside.api.Place
import app.kerbside.api.Position
import app.kerbside.api.Question
import app.kerbside.api.SetOut
import app.kerbside.api.Site
import app.kerbside.api.Source
import app.kerbside.api.Stream
import app.kerbside.api.Verdict
import app.kerbside.api.WasteClass
import app.kerbside.api.Way
import app.kerbside.api.Why
import app.kerbside.api.Zone

// Generated records ⇄ those of the interface.

internal fun Place.toFfi() = app.kerbside.ffi.Place(community, zones, language)

internal fun app.kerbside.ffi.Community.toApi() = Community(
    id = id,
    name = name,
    country = country,
    languages = languages,
    timeZone = timeZone,
    version = version,
    from = from,
    until = until,
    licence = licence,
    attribution = attribution,
    contact = contact.toApi(),
    zoneQuestion = zoneQuestion,
)

internal fun app.kerbside.ffi.Zone.toApi() =
    Zone(id, name, parent, postcodes, streets, building, streams, question)

internal fun app.kerbside.ffi.ItemName.toApi() = ItemName(id, name, word)

internal fun app.kerbside.ffi.Stream.toApi() = Stream(id, name, icon)

/** The thing itself, then its parts: those name what they are taken off. */
internal fun List<app.kerbside.ffi.Instruction>.toApi(): List<Instruction> {
    val whole = firstOrNull()?.label
    return map { it.toApi(whole) }
}

private fun app.kerbside.ffi.Instruction.toApi(whole: String?) = Instruction(
    language = language,
    label = label,
    verdict = verdict.toApi(),
    sentence = sentence,
    itemId = item,
    partOf = partOf?.let { whole ?: it },
    why = why?.toApi(),
    stream = stream?.toApi(),
    ways = ways.map { it.toApi() },
    next = next?.toApi(),
    neverIn = neverIn,
    steps = steps,
    note = note,
    question = question?.toApi(),
    contact = contact?.toApi(),
    source = source?.toApi(),
    changesOn = changesOn,
)

private fun app.kerbside.ffi.Verdict.toApi() = when (this) {
    app.kerbside.ffi.Verdict.KERB -> Verdict.Kerb
    app.kerbside.ffi.Verdict.HAND_OVER -> Verdict.HandOver
    app.kerbside.ffi.Verdict.DROP_OFF -> Verdict.DropOff
    app.kerbside.ffi.Verdict.TAKE_BACK -> Verdict.TakeBack
    app.kerbside.ffi.Verdict.DEPOSIT -> Verdict.Deposit
    app.kerbside.ffi.Verdict.APPOINTMENT -> Verdict.Appointment
    app.kerbside.ffi.Verdict.HAZARDOUS -> Verdict.Hazardous
    app.kerbside.ffi.Verdict.NOT_ACCEPTED -> Verdict.NotAccepted
    app.kerbside.ffi.Verdict.ASK -> Verdict.Ask
    app.kerbside.ffi.Verdict.UNKNOWN -> Verdict.Unknown
}

private fun app.kerbside.ffi.Why.toApi() = when (this) {
    app.kerbside.ffi.Why.OUT_OF_DATE -> Why.OutOfDate
    app.kerbside.ffi.Why.UNKNOWN_ZONE -> Why.UnknownZone
    app.kerbside.ffi.Why.NOT_RECOGNISED -> Why.NotRecognised
    app.kerbside.ffi.Why.NO_RULE -> Why.NoRule
    app.kerbside.ffi.Why.UNKNOWN_HAZARD -> Why.UnknownHazard
}

private fun app.kerbside.ffi.Way.toApi() = Way(
    verdict = how.toApi(),
    container = container,
    colour = colour,
    place = place?.toApi(),
    bags = bags.map { it.toApi() },
    setOut = setOut?.toApi(),
    refund = refund,
    note = note,
    source = source?.toApi(),
)

private fun app.kerbside.ffi.SetOut.toApi() = SetOut(from?.toApi(), by?.toApi())

private fun app.kerbside.ffi.Moment.toApi() = Moment(day.toInt(), time)

private fun app.kerbside.ffi.DropOff.toApi() = DropOff(
    id = id,
    name = name,
    address = address,
    position = position?.toApi(),
    openingHours = openingHours,
    note = note,
    sites = sites.map { Site(it.name, it.position?.toApi(), it.openingHours) },
)

private fun app.kerbside.ffi.Position.toApi() = Position(latitude, longitude)

private fun app.kerbside.ffi.Bag.toApi() = Bag(
    id = id,
    name = name,
    colour = colour,
    sizes = sizes.map { BagSize(it.litres.toInt(), it.price, it.asOf, it.covers) },
    soldAt = soldAt,
    notValid = notValid,
)

private fun app.kerbside.ffi.NextCollection.toApi() = when (this) {
    is app.kerbside.ffi.NextCollection.On -> NextCollection.On(date, insteadOf, reason)
    is app.kerbside.ffi.NextCollection.AskZone -> NextCollection.AskZone
    is app.kerbside.ffi.NextCollection.NoOfficialDates -> NextCollection.NoOfficialDates(since)
}

private fun app.kerbside.ffi.Question.toApi() = Question(text, answers.map { Answer(it.text, it.fact.toApi()) })

private fun app.kerbside.ffi.Contact.toApi() = Contact(name, phone, email, url)

private fun app.kerbside.ffi.Source.toApi() = Source(title, publisher, url, retrieved, verified)

private fun app.kerbside.ffi.Fact.toApi(): Fact = when (this) {
    is app.kerbside.ffi.Fact.IsItem -> Fact.IsItem(id)
    is app.kerbside.ffi.Fact.NotThatItem -> Fact.NotThatItem
    is app.kerbside.ffi.Fact.NothingFits -> Fact.NothingFits
    is app.kerbside.ffi.Fact.Dirty -> Fact.Dirty(dirty)
    is app.kerbside.ffi.Fact.SizeCm -> Fact.SizeCm(cm.toInt())
    is app.kerbside.ffi.Fact.DepositMark -> Fact.DepositMark(there)
    is app.kerbside.ffi.Fact.Mostly -> Fact.Mostly(wasteClass.toApi(), so)
    is app.kerbside.ffi.Fact.Hazard -> Fact.Hazard(id, present)
    is app.kerbside.ffi.Fact.Zone -> Fact.Zone(id)
}

internal fun Fact.toFfi(): app.kerbside.ffi.Fact = when (this) {
    is Fact.IsItem -> app.kerbside.ffi.Fact.IsItem(id)
    Fact.NotThatItem -> app.kerbside.ffi.Fact.NotThatItem
    Fact.NothingFits -> app.kerbside.ffi.Fact.NothingFits
    is Fact.Dirty -> app.kerbside.ffi.Fact.Dirty(dirty)
    is Fact.SizeCm -> app.kerbside.ffi.Fact.SizeCm(cm.coerceAtLeast(0).toUInt())
    is Fact.DepositMark -> app.kerbside.ffi.Fact.DepositMark(there)
    is Fact.Mostly -> app.kerbside.ffi.Fact.Mostly(wasteClass.toFfi(), so)
    is Fact.Hazard -> app.kerbside.ffi.Fact.Hazard(id, present)
    is Fact.Zone -> app.kerbside.ffi.Fact.Zone(id)
}

// Both lists are in the engine's order.
private fun app.kerbside.ffi.WasteClass.toApi() = WasteClass.entries[ordinal]

private fun WasteClass.toFfi() = app.kerbside.ffi.WasteClass.entries[ordinal]
