namespace Weir.Engine.Codecs;

using Weir.Engine.Streams;

/// <summary>Writes the side, then the event of that side only.</summary>
internal sealed class EitherCodec<TLeft, TRight>(Codec<TLeft> left, Codec<TRight> right) : Codec<Either<TLeft, TRight>>
{
    public override string Schema => $"either({left.Schema}|{right.Schema})";

    public override void Write(ByteWriter writer, in Either<TLeft, TRight> value)
    {
        bool isLeft = value.IsLeft(out TLeft? leftValue, out TRight? rightValue);
        writer.WriteBool(isLeft);
        if (isLeft)
            left.Write(writer, in leftValue!);
        else
            right.Write(writer, in rightValue!);
    }

    public override Either<TLeft, TRight> Read(ByteReader reader) => reader.ReadBool()
        ? Either<TLeft, TRight>.Left(left.Read(reader))
        : Either<TLeft, TRight>.Right(right.Read(reader));
}
